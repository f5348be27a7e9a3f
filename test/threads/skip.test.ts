import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import {
  AccumulateGradient, MeanGradient, Op, Optimize, Optimizer, RECORD_WORDS, SHARED, SkipUnlessDue, State, STATE_LENGTH,
} from "../../assembly/records";
import { dense, init, type Network } from "../../src/index";
import { writeRecords } from "../../src/plan/builder";
import { record } from "../../src/plan/record";
import { networkOn, TEAM_SIZES } from "../support/team";
import { SeededNumbers } from "../support/numbers";

// A team whose threads didn't decide alike what to skip would wait for one another for ever, or write at different times.

afterEach(() => { vi.restoreAllMocks(); });
afterAll(() => init());

const COUNT = 4096;
const ROWS = 200;

/** All that a list of accumulating steps leaves, walked by the team or by one thread. */
function walk({ engine }: Network, accumulate: number, endsWithSkipped: boolean, together: boolean): { rounds: number; words: Int32Array } {
  const { heap } = engine;
  const state = heap.allocate(STATE_LENGTH * 8), [w, g, sum] = [0, 1, 2].map(() => heap.allocate(COUNT * 4));
  const count = COUNT, shared = (words: Int32Array) => {
    words[SHARED] = 1;
    return words;
  };
  const update = [
    shared(record(Op.MeanGradient, MeanGradient, { g, sum, count })), record(Op.ResetCount, {}, {}), record(Op.Advance, {}, {}),
    shared(record(Op.Optimize, Optimize, { kind: Optimizer.sgd, w, g, slot1: 0, slot2: 0, decayed: count, count })),
  ];
  const list = [
    record(Op.NextBatch, {}, {}), shared(record(Op.AccumulateGradient, AccumulateGradient, { sum, g, count })), record(Op.CountBatch, {}, {}),
    record(Op.SkipUnlessDue, SkipUnlessDue, { records: update.length }), ...update,
    ...(endsWithSkipped ? [] : [shared(record(Op.Optimize, Optimize, { kind: Optimizer.sgd, w, g: sum, slot1: 0, slot2: 0, decayed: count, count }))]),
  ];
  const records = heap.allocate(list.length * RECORD_WORDS * 4);
  writeRecords(heap, records, list);
  const numbers = new SeededNumbers(3);
  for (const vector of [w, g]) heap.f.set(numbers.array(COUNT), vector / 4);
  const set = (field: State, value: number) => { heap.d[state / 8 + field] = value; };
  set(State.batchSize, 1);
  set(State.rowCount, ROWS);
  set(State.accumulate, accumulate);
  set(State.learningRate, 1e-3);
  let rounds: number | undefined;
  if (!together) rounds = engine.run(state, records, list.length, ROWS);
  // Where not all threads came in time, nothing was done.
  while (rounds === undefined) rounds = engine.team!.run({ state, records, count: list.length, repeats: ROWS }) as number | undefined;
  const words = [state, w, g, sum].flatMap((address) => [...heap.i.subarray(address / 4, address / 4 + (address === state ? STATE_LENGTH * 2 : COUNT))]);
  for (const block of [state, w, g, sum, records]) heap.free(block);
  return { rounds, words: Int32Array.from(words) };
}

describe.each(TEAM_SIZES)("%i threads", (threads) => {
  test("skip together, to the bits of one", async () => {
    using network = await networkOn(threads, { input: 2, layers: [dense(1)] });
    for (const accumulate of [1, 2, 3, 7, 5000]) {
      for (const endsWithSkipped of [true, false]) {
        const [alone, together] = [false, true].map((way) => walk(network, accumulate, endsWithSkipped, way));
        expect(together.rounds).toBe(ROWS);
        expect(Buffer.compare(Buffer.from(together.words.buffer), Buffer.from(alone.words.buffer))).toBe(0);
        const steps = new Float64Array(alone.words.slice(0, STATE_LENGTH * 2).buffer)[State.step];
        expect(steps).toBe(Math.ceil(ROWS / accumulate));
      }
    }
  });
});
