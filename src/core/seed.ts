/** Splits a seed, a non-negative safe integer, into the two words of the generator's key: [low, high]. */
export function splitSeed(seed: number): [low: number, high: number] {
  return [seed >>> 0, Math.floor(seed / 2 ** 32)];
}
