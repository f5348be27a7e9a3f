let copies = 0;

/**
 * A copy of a function that V8 compiles for itself. Optimised code takes what a closure has captured for constants only as long
 * as there is one such closure; the same source is therefore evaluated again (with a comment that keeps it out of V8's cache of
 * sources). Besides, networks of different kinds don't share type feedback.
 *
 * @param f must not use anything but its parameters and globals, nor be built with esbuild's `keepNames`
 */
export function ownCode<F extends (...args: never[]) => unknown>(f: F): F {
  return new Function(`"use strict"; /* ${copies++} */ return (${f.toString()});`)() as F;
}
