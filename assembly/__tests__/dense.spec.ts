import { denseForward } from "../gemm/forward";
import { sumRows } from "../dense";
import { denseInputGradient } from "../gemm/inputGradient";
import { denseWeightGradient } from "../gemm/weightGradient";

// Two rows, three inputs, two outputs; rows are 8 floats apart, and the panel has its inputs padded to 4 and its outputs to 8.
const ROWS = 2, INPUTS = 3, OUTPUTS = 2;
const LD: usize = 32;

function zeros(floats: i32): usize {
  const address = heap.alloc(<usize>floats << 2);
  memory.fill(address, 0, <usize>floats << 2);
  return address;
}

function set(x: usize, row: i32, col: i32, value: f32): void {
  store<f32>(x + <usize>row * LD + (<usize>col << 2), value);
}

function get(x: usize, row: i32, col: i32): f32 {
  return load<f32>(x + <usize>row * LD + (<usize>col << 2));
}

/** x = [[1, 2, 3], [4, 5, 6]] */
function inputs(): usize {
  const x = zeros(16);
  for (let row = 0; row < ROWS; row++) for (let i = 0; i < INPUTS; i++) set(x, row, i, <f32>(row * INPUTS + i + 1));
  return x;
}

/** w[inputs, outputs] = [[1, -1], [2, 0], [-3, 4]] in one panel */
function weights(): usize {
  const w = zeros(32);
  set(w, 0, 0, 1); set(w, 0, 1, -1);
  set(w, 1, 0, 2);
  set(w, 2, 0, -3); set(w, 2, 1, 4);
  return w;
}

/** δ = [[1, 2], [-1, 0.5]] */
function deltas(): usize {
  const dz = zeros(16);
  set(dz, 0, 0, 1); set(dz, 0, 1, 2);
  set(dz, 1, 0, -1); set(dz, 1, 1, 0.5);
  return dz;
}

describe("a dense layer worked out by hand", () => {
  test("z = x · w + bias", () => {
    const z = zeros(16), bias = zeros(8);
    store<f32>(bias, 0.5);
    store<f32>(bias, -0.5, 4);
    denseForward(z, LD, inputs(), LD, weights(), bias, ROWS, INPUTS, OUTPUTS, 0);
    // [1 + 4 − 9, −1 + 12] and [4 + 10 − 18, −4 + 24], plus the bias
    expect<f32>(get(z, 0, 0)).toBe(-3.5);
    expect<f32>(get(z, 0, 1)).toBe(10.5);
    expect<f32>(get(z, 1, 0)).toBe(-3.5);
    expect<f32>(get(z, 1, 1)).toBe(19.5);
    for (let c = OUTPUTS; c < 8; c++) expect<f32>(get(z, 0, c) + get(z, 1, c)).toBe(0);
  });

  test("dw = xᵀ · δ, and the bias takes the sum of δ", () => {
    const dw = zeros(32), dbias = zeros(8);
    denseWeightGradient(dw, 128, inputs(), LD, deltas(), LD, ROWS, 1, 1, 0);
    sumRows(dbias, deltas(), LD, ROWS, 1);
    // Column 0: (1, 2, 3) − (4, 5, 6); column 1: 2·(1, 2, 3) + ½·(4, 5, 6)
    for (let i = 0; i < INPUTS; i++) expect<f32>(get(dw, i, 0)).toBe(-3);
    expect<f32>(get(dw, 0, 1)).toBe(4);
    expect<f32>(get(dw, 1, 1)).toBe(6.5);
    expect<f32>(get(dw, 2, 1)).toBe(9);
    expect<f32>(get(dw, 3, 0) + get(dw, 3, 1)).toBe(0);
    expect<f32>(load<f32>(dbias)).toBe(0);
    expect<f32>(load<f32>(dbias, 4)).toBe(2.5);
  });

  test("dx = δ · wᵀ", () => {
    const dx = zeros(16);
    denseInputGradient(dx, LD, deltas(), LD, weights(), 128, ROWS, INPUTS, OUTPUTS, zeros(64), 0);
    // [1 − 2, 2, −3 + 8] and [−1 − ½, −2, 3 + 2]
    expect<f32>(get(dx, 0, 0)).toBe(-1);
    expect<f32>(get(dx, 0, 1)).toBe(2);
    expect<f32>(get(dx, 0, 2)).toBe(5);
    expect<f32>(get(dx, 1, 0)).toBe(-1.5);
    expect<f32>(get(dx, 1, 1)).toBe(-2);
    expect<f32>(get(dx, 1, 2)).toBe(5);
    for (let c = INPUTS; c < 8; c++) expect<f32>(get(dx, 0, c) + get(dx, 1, c)).toBe(0);
  });
});
