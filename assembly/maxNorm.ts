import { address, get, shareStart, word } from "./fields";
import { flush } from "./math";
import { square } from "./optimizer";
import { MaxNorm, PANEL, State } from "./records";

/**
 * w · maxNorm / norm for each output whose incoming weights have a larger Euclidean norm (Srivastava et al. 2014, section 5.1). A sum over
 * ascending inputs, eight outputs side by side; a thread's part are panels.
 */
export function maxNormPart(r: usize, state: usize, thread: i32, size: i32): void {
  const inputs = word(r, MaxNorm.inputs), panels = (word(r, MaxNorm.outputs) + PANEL - 1) / PANEL;
  const panel = <usize>((inputs + 3) & ~3) * PANEL << 2, w = address(r, MaxNorm.w), limit = <f32>get(state, State.maxNorm);
  const end = w + <usize>shareStart(panels, thread + 1, size) * panel;
  for (let p = w + <usize>shareStart(panels, thread, size) * panel; p < end; p += panel) limitPanel(p, inputs, limit);
}

function limitPanel(w: usize, inputs: i32, limit: f32): void {
  const end = w + (<usize>inputs * PANEL << 2);
  let s0 = f32x4.splat(0), s1 = s0;
  let p = w;
  do {
    s0 = f32x4.add(s0, square(v128.load(p))); s1 = f32x4.add(s1, square(v128.load(p, 16)));
    p += PANEL << 2;
  } while (p < end);
  const n0 = f32x4.sqrt(s0), n1 = f32x4.sqrt(s1), l = f32x4.splat(limit);
  const beyond0 = isBeyond(n0, l), beyond1 = isBeyond(n1, l);
  if (!v128.any_true(v128.or(beyond0, beyond1))) return;
  const f0 = f32x4.div(l, n0), f1 = f32x4.div(l, n1);
  p = w;
  do {
    v128.store(p, scaled(v128.load(p), f0, beyond0)); v128.store(p, scaled(v128.load(p, 16), f1, beyond1), 16);
    p += PANEL << 2;
  } while (p < end);
}

/** A norm that overflowed says nothing of the weights. */
// @ts-ignore: decorator
@inline
function isBeyond(norm: v128, limit: v128): v128 {
  return v128.and(f32x4.gt(norm, limit), f32x4.lt(norm, f32x4.splat(Infinity)));
}

// @ts-ignore: decorator
@inline
function scaled(w: v128, factor: v128, beyond: v128): v128 {
  return v128.bitselect(flush(f32x4.mul(w, factor)), w, beyond);
}
