import { FLUSH_BELOW, flush, verf, vexp, vexpm1, vlog, vlog1p, vsigmoid, vtanh } from "../math";

/** Lane `i` of a vector. */
function lane(v: v128, i: i32): f32 {
  switch (i) {
    case 0: return f32x4.extract_lane(v, 0);
    case 1: return f32x4.extract_lane(v, 1);
    case 2: return f32x4.extract_lane(v, 2);
    default: return f32x4.extract_lane(v, 3);
  }
}

function expectLanes(v: v128, a: f32, b: f32, c: f32, d: f32): void {
  expect<f32>(lane(v, 0)).toBe(a);
  expect<f32>(lane(v, 1)).toBe(b);
  expect<f32>(lane(v, 2)).toBe(c);
  expect<f32>(lane(v, 3)).toBe(d);
}

describe("elementary functions", () => {
  test("exp is exact where e^x is a float, and never denormal", () => {
    expectLanes(vexp(f32x4(0, -Infinity, Infinity, -88)), 1, 0, Infinity, 0);
    expectLanes(vexpm1(f32x4(0, -Infinity, -100, Infinity)), 0, -1, -1, Infinity);
  });

  test("log has its poles, and NaN below them", () => {
    expectLanes(vlog(f32x4(1, 0, Infinity, 1)), 0, -Infinity, Infinity, 0);
    expectLanes(vlog1p(f32x4(0, -1, Infinity, 0)), 0, -Infinity, Infinity, 0);
    expect<bool>(isNaN(lane(vlog(f32x4.splat(-1)), 2))).toBe(true);
    expect<bool>(isNaN(lane(vlog1p(f32x4.splat(-2)), 3))).toBe(true);
  });

  test("sigmoid, tanh and erf saturate, each lane on its own", () => {
    expectLanes(vsigmoid(f32x4(0, Infinity, -Infinity, 100)), 0.5, 1, 0, 1);
    expectLanes(vtanh(f32x4(0, Infinity, -Infinity, -100)), 0, 1, -1, -1);
    expectLanes(verf(f32x4(0, 5, -5, Infinity)), 0, 1, -1, 1);
  });

  test("NaN goes through all of them", () => {
    const nan = f32x4.splat(NaN);
    for (let i = 0; i < 4; i++) {
      expect<bool>(isNaN(lane(vexp(nan), i)) && isNaN(lane(vexpm1(nan), i))).toBe(true);
      expect<bool>(isNaN(lane(vlog(nan), i)) && isNaN(lane(vlog1p(nan), i))).toBe(true);
      expect<bool>(isNaN(lane(vsigmoid(nan), i)) && isNaN(lane(vtanh(nan), i)) && isNaN(lane(verf(nan), i))).toBe(true);
    }
  });
});

describe("flush", () => {
  test("gives +0 below 2^-100 and leaves all else alone", () => {
    const below: f32 = FLUSH_BELOW * 0.99;
    expectLanes(flush(f32x4(FLUSH_BELOW, below, 1, -2)), FLUSH_BELOW, 0, 1, -2);
    expectLanes(flush(f32x4(-FLUSH_BELOW, -below, Infinity, 1e-45)), -FLUSH_BELOW, 0, Infinity, 0);
    expect<u32>(reinterpret<u32>(lane(flush(f32x4.splat(-0.0)), 0))).toBe(0);
    expect<bool>(isNaN(lane(flush(f32x4.splat(NaN)), 1))).toBe(true);
  });
});
