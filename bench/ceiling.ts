import digits from "../build/bench/ceiling.wasm";
import { decode } from "../src/core/inlined";
import type { Case } from "./measure";

interface Loops {
  memory: WebAssembly.Memory;
  repeat(shape: number, times: number, c: number, a: number, b: number, depth: number): void;
}

/** Rows and columns of the tiles, in the order of bench/kernels/ceiling.ts; k2 takes two terms a turn. */
const shapes = ["3x8", "3x8k2", "4x8", "5x8", "6x8", "2x12k2", "2x16", "3x12", "packed4x8"];

/** Room for each operand. */
const [A, B, C] = [1 << 16, 1 << 17, 1 << 18];
/** Floats of a and b together, so that they fit the 32 kB of a small L1 cache with room to spare. */
const OPERANDS = 5120;

/** The SIMD128 multiply-add loops, one case a tile shape; the fastest of them is the ceiling. */
export function ceilingCases(): Case[] {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(decode(digits)), {});
  const { memory, repeat } = instance.exports as unknown as Loops;
  memory.grow(8);
  return shapes.map((name, shape) => {
    const [rows, cols] = name.match(/\d+/g)!.map(Number);
    // Even, as some loops take two terms a turn.
    const depth = Math.floor(OPERANDS / (rows + cols) / 2) * 2;
    return {
      case: name, engine: "wasm", build: "simd", threads: 1, unit: "GFLOP/s",
      run: (times) => repeat(shape, times, C, A, B, depth),
      toUnit: (seconds) => (2 * rows * cols * depth) / seconds / 1e9,
    };
  });
}
