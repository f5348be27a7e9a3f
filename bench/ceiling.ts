import base64 from "../build/bench/ceiling.wasm";
import type { Case } from "./measure";

type Tile = (c: number, a: number, b: number, depth: number, tiles: number, panels: number) => void;

/** Room for each operand. */
const [A, B, C] = [1 << 16, 1 << 17, 1 << 18];
/** Floats of a and b together, so that they fit the 32 kB of a small L1 cache with room to spare. */
const OPERANDS = 5120;
/** Tiles and panels of the function that makes several. */
const [TILES, PANELS] = [8, 4];

/** The SIMD128 multiply-add loops, one case a tile shape; the fastest of them is the ceiling. */
export function ceilingCases(): Case[] {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(base64, "base64")), {});
  const { memory, ...loops } = instance.exports as unknown as { memory: WebAssembly.Memory } & Record<string, Tile>;
  memory.grow(8);
  return Object.entries(loops).map(([name, loop]) => {
    const [rows, cols] = name.match(/\d+/g)!.map(Number);
    const [tiles, panels] = name.endsWith("s") ? [TILES, PANELS] : [1, 1];
    // Even, as some loops take two steps of k a turn.
    const depth = Math.floor(OPERANDS / (rows * tiles + cols * panels) / 2) * 2;
    const flops = 2 * rows * tiles * cols * panels * depth;
    return {
      case: name, engine: "wasm", build: "simd", threads: 1, unit: "GFLOP/s",
      run: (times) => {
        for (let n = 0; n < times; n++) loop(C, A, B, depth, tiles, panels);
      },
      toUnit: (seconds) => flops / seconds / 1e9,
    };
  });
}
