/** What `nap` gives where nobody woke it. */
export const TIMED_OUT = 2;

/**
 * Sleeps while the word is `value`: 0 when it was woken, 1 where the word is another, or TIMED_OUT after so many nanoseconds (−1: never).
 *
 * A call of its own, which needs nothing after its wait but the result, since the first compiler of V8 11.3 (Node 20) may lose what is
 * in registers while it waits: in a loop around waits of 4 ms the time became the number of the barrier, and 60 s were over after
 * 6 ms. The call of itself, which never happens, and the export keep Binaryen from putting it into that loop.
 */
export function nap(address: usize, value: i32, time: i64): i32 {
  const result = atomic.wait<i32>(address, value, time);
  return result < 0 ? nap(address, value, time) : result;
}
