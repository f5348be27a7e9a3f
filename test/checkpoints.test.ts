import { afterEach, describe, expect, test, vi } from "vitest";
import { SHARED } from "../assembly/records";
import { dense, type EpochReport, type FitOptions, type History, init, Network, Trainer } from "../src/index";
import { SeededNumbers } from "./support/numbers";
import { alwaysTogether, networkOn } from "./support/team";
import { randomTraining, titleOf, type Training } from "./support/trainings";

// A training that is stopped, saved, loaded and resumed, wherever that happens, gives the bits of one that was not stopped.

// Every record that can be divided among threads is, however small.
vi.mock("../src/plan/record", async (original) => ({
  ...await original<typeof import("../src/plan/record")>(),
  shared: (_work: number, words: Int32Array) => {
    words[SHARED] = 1;
    return words;
  },
}));

/** All that a training leaves. */
interface Ending {
  /** The file holds the parameters, the buffers, the optimizer's slots, its counts, the schedule's state, the best epoch's parameters. */
  file: Uint8Array;
  /** By their epochs; those that were done again, or were validated later, as they were at last. */
  epochs: Map<number, Omit<EpochReport, "seconds">>;
  outcome: Omit<History, "epochs">;
  learningRate: number;
  steps: number;
}

/** A clock that jumps, so that slices end anywhere, and evaluations give the host its turn. */
function jumpingClock(seed: number): void {
  const numbers = new SeededNumbers(seed);
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now += numbers.pick([0, 1, 5, 9, 20]));
}

afterEach(() => vi.restoreAllMocks());

function endingOf(trainer: Trainer, epochs: Ending["epochs"], { epochs: _, ...outcome }: History): Ending {
  return { file: trainer.save(), epochs, outcome, learningRate: trainer.learningRate, steps: trainer.steps };
}

function withoutSeconds({ seconds: _, ...report }: EpochReport): Omit<EpochReport, "seconds"> {
  return report;
}

async function unstopped({ spec, options, data, fit }: Training): Promise<Ending> {
  using network = await Network.create(spec);
  const trainer = new Trainer(network, options);
  const history = await trainer.fit(data, fit);
  return endingOf(trainer, new Map(history.epochs.map((report) => [report.epoch, withoutSeconds(report)])), history);
}

/** Where a training stops: at the n-th call of a callback from now on, or so many turns of the host after the n-th epoch's last step. */
interface Stop {
  where: "onProgress" | "onEpoch" | "validation";
  after: number;
  /** Whether the file is what was saved in the callback, in the midst of fit, or after fit has ended. */
  savesInside: boolean;
}

function randomStop(numbers: SeededNumbers): Stop {
  const where = numbers.pick(["onProgress", "onProgress", "onEpoch", "validation"] as const);
  return { where, after: 1 + numbers.below(where === "onProgress" ? 6 : 2), savesInside: numbers.uniform(0, 1) < 0.4 };
}

/** Trains, and stops there; the file to go on from, or none where the training came to its end before. */
async function trainUntil(trainer: Trainer, { data, fit }: Training, resume: boolean, stop: Stop, numbers: SeededNumbers, epochs: Ending["epochs"]) {
  const controller = new AbortController();
  const seen: EpochReport[] = [];
  const calls = { onProgress: 0, onEpoch: 0, validation: 0 };
  let inside: { file: Uint8Array; epochs: number } | undefined;
  let isOver = false;
  const reach = (where: Stop["where"]) => {
    if (isOver || where !== stop.where || ++calls[where] !== stop.after) return;
    if (stop.savesInside) inside = { file: trainer.save(), epochs: seen.length };
    // What was saved is what counts: some go on, and what they do then is lost.
    if (!stop.savesInside || numbers.uniform(0, 1) < 0.5) controller.abort();
  };
  const options: FitOptions = {
    ...fit, resume, signal: controller.signal,
    onEpoch: (report) => {
      seen.push(report);
      reach("onEpoch");
    },
    onProgress: ({ step, steps }) => {
      reach("onProgress");
      if (step < steps || stop.where !== "validation") return;
      const wait = (turns: number): unknown => setImmediate(() => (turns > 0 ? wait(turns - 1) : reach("validation")));
      wait(numbers.below(4));
    },
  };
  const history = await trainer.fit(data, options);
  isOver = true;
  expect(history.epochs).toEqual(seen);
  for (const report of seen.slice(0, inside?.epochs ?? seen.length)) epochs.set(report.epoch, withoutSeconds(report));
  if (inside === undefined && history.stopped !== "aborted") return { history };
  return { file: inside?.file ?? trainer.save(), isValidating: seen.at(-1) !== undefined && fit.validation !== undefined && !seen.at(-1)!.validation };
}

interface Stopped {
  ending: Ending;
  /** How often it was stopped, and how often in the midst of a validation. */
  stops: number;
  inValidation: number;
}

/** The same training with a few stops, each of which ends a life of the trainer. */
async function stopped(training: Training, numbers: SeededNumbers): Promise<Stopped> {
  const epochs: Ending["epochs"] = new Map();
  let trainer = new Trainer(await Network.create(training.spec), training.options);
  const most = 1 + numbers.below(3);
  let inValidation = 0;
  for (let stops = 0; ; stops++) {
    const stop: Stop = stops < most ? randomStop(numbers) : { where: "onEpoch", after: Infinity, savesInside: false };
    const { history, file, isValidating } = await trainUntil(trainer, training, stops > 0, stop, numbers, epochs);
    if (isValidating) inValidation++;
    if (history) {
      const ending = endingOf(trainer, epochs, history);
      trainer.network.dispose();
      return { ending, stops, inValidation };
    }
    trainer.network.dispose();
    trainer = await Trainer.load(file!);
  }
}

/** Trains in so many ways, on the core at one go, and on an engine with stops; how often it was stopped in all. */
async function compare(rounds: number, seed: number, engine: () => Promise<unknown>): Promise<Omit<Stopped, "ending">> {
  const all = Array.from({ length: rounds }, (_, round) => {
    const numbers = new SeededNumbers(seed + round * 7919);
    return { numbers, training: randomTraining(numbers) };
  });
  await init({ threads: 1 });
  const expected: Ending[] = [];
  jumpingClock(seed);
  for (const { training } of all) expected.push(await unstopped(training));
  vi.restoreAllMocks();
  await engine();
  jumpingClock(seed + 1);
  const count = { stops: 0, inValidation: 0 };
  for (const [round, { training, numbers }] of all.entries()) {
    const { ending, stops, inValidation } = await stopped(training, numbers);
    count.stops += stops;
    count.inValidation += inValidation;
    const title = `round ${round}: ${titleOf(training)}`;
    expect(ending.epochs, title).toEqual(expected[round].epochs);
    expect({ ...ending, file: undefined }, title).toEqual({ ...expected[round], file: undefined });
    expect(Buffer.compare(ending.file, expected[round].file), title).toBe(0);
  }
  return count;
}

describe("a training that is stopped, saved, loaded and resumed has the bits of one that isn't", () => {
  test("on the core", async () => {
    const { stops, inValidation } = await compare(160, 1, () => init());
    expect(stops).toBeGreaterThan(200);
    expect(inValidation).toBeGreaterThan(10);
  });

  test("on the reference engine", async () => {
    expect((await compare(12, 2, () => init({ engine: "reference" }))).stops).toBeGreaterThan(12);
  });

  test("on a team of two threads, which does all", async () => {
    let keeper: Network | undefined;
    const { stops } = await compare(5, 3, async () => {
      keeper = await networkOn(2, { input: 1, layers: [dense(1)] });
      alwaysTogether();
    });
    expect(stops).toBeGreaterThan(4);
    expect(keeper!.engine.team!.failure).toBeUndefined();
    keeper!.dispose();
  });
});
