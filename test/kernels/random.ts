import { erfinvOfWords, philox } from "../../assembly/random";

export {
  fillBits,
  fillNormal,
  fillPanelsNormal,
  fillPanelsUniform,
  fillUniform,
  shuffle,
} from "../../assembly/random";

/** The first byte that is free for a test. */
export function heapBase(): usize {
  return __heap_base;
}

/** words[4] = the block for a counter and a key. */
export function philoxBlock(words: usize, c0: u32, c1: u32, c2: u32, c3: u32, k0: u32, k1: u32): void {
  v128.store(words, philox(c0, c1, c2, c3, k0, k1));
}

/** x[count] = erfinv of words[count], in place; count is a multiple of 4. */
export function erfinvInPlace(x: usize, count: u32): void {
  for (let end = x + (<usize>count << 2); x < end; x += 16) v128.store(x, erfinvOfWords(v128.load(x)));
}
