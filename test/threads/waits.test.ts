import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Led, PLACE, Team } from "../../assembly/records";

interface Core {
  heapBase(): number;
  nap(address: number, value: number, time: bigint): number;
  lead(team: number): number;
}

const module = new WebAssembly.Module(readFileSync(new URL("../../build/core.threads.wasm", import.meta.url)));

/** A core of its own, as every engine compiles it first, with a block in its memory. */
function freshCore(): { core: Core; words: Int32Array; block: number } {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 65536, shared: true });
  const core = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Core;
  return { core, words: new Int32Array(memory.buffer), block: Math.ceil(core.heapBase() / 64) * 64 };
}

function timed<T>(work: () => T): { result: T; elapsed: number } {
  const started = performance.now();
  const result = work();
  return { result, elapsed: performance.now() - started };
}

describe("time in the core", () => {
  test("a nap takes as long as it is told", () => {
    const { core, words, block } = freshCore();
    words[block / 4] = 7;
    const { result, elapsed } = timed(() => [1, 2, 3].map(() => core.nap(block, 7, 4_000_000n)));
    expect(result).toEqual([2, 2, 2]);
    expect(elapsed).toBeGreaterThan(11.9);
    expect(core.nap(block, 8, 4_000_000n)).toBe(1);
  });

  // Node 20's first compiler let the time of all naps but the first become the number of the barrier: 2 s were over after 4 ms.
  test.each([0, 1, 5])("a thread that came and went is given two seconds, at barrier %i", (barrier) => {
    const { core, words, block } = freshCore();
    const at = (field: number) => block / 4 + field;
    words[at(Team.size)] = 2;
    words[at(Team.state)] = block + 4096;
    words[at(Team.spin)] = 200;
    words[at(Team.patience)] = 20;
    words[at(Team.limit)] = 60_000;
    words[at(Team.barrier)] = barrier;
    // As if it had seen the first job.
    words[at(Team.places + PLACE)] = 1;
    const { result, elapsed } = timed(() => core.lead(block));
    expect(result).toBe(Led.gone);
    expect(elapsed).toBeGreaterThan(1990);
    // It took itself back.
    expect(words[at(Team.arrived)]).toBe(0);
  });

  test("threads that don't come are given as long as the block says", () => {
    const { core, words, block } = freshCore();
    const at = (field: number) => block / 4 + field;
    words[at(Team.size)] = 3;
    words[at(Team.patience)] = 20;
    words[at(Team.places + PLACE)] = -1;
    const { result, elapsed } = timed(() => core.lead(block));
    expect(result).toBe(Led.absent);
    expect(elapsed).toBeGreaterThan(19);
  });
});
