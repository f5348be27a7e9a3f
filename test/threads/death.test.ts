import { afterEach, describe, expect, test, vi } from "vitest";
import { PLACE, Team as fields } from "../../assembly/records";
import { dense, init, Network, type NetworkSpec, Trainer } from "../../src/index";
import { digests, inputsOf, targetsOf } from "../support/course";
import { refused } from "../support/refusals";
import { alwaysTogether, networkOn, slicesTogether } from "../support/team";
import { Workers } from "../support/workers";

const spec: NetworkSpec = { input: 100, layers: [dense(80, "relu"), dense(5, "softmax")], seed: 8 };
const ROWS = 96, BATCH = 32;
const options = { loss: "crossEntropy", optimizer: "adam", l2: 1e-3 } as const;
const inOrder = { batchSize: BATCH, shuffle: false };
/** More than can be done before a thread's death is noticed. */
const ENDLESS = { ...inOrder, epochs: 1e6 };

/** A network in training, its data, and the steps of its epochs one by one. */
class Subject {
  readonly network: Network;
  readonly trainer: Trainer;
  readonly data: { x: Float32Array; y: number[] };

  constructor(network: Network) {
    this.network = network;
    this.trainer = new Trainer(network, options);
    this.data = { x: inputsOf(network, ROWS), y: targetsOf(network, ROWS, true) as number[] };
  }

  static async on(threads: number): Promise<Subject> {
    return new Subject(await networkOn(threads, spec));
  }

  /** The next step in the order of the rows; its loss. */
  step(): number {
    const from = (this.trainer.steps * BATCH) % ROWS, to = from + BATCH;
    const { x, y } = this.data;
    return this.trainer.step(x.subarray(from * this.network.inputs, to * this.network.inputs), y.slice(from, to));
  }

  stepTo(count: number): void {
    while (this.trainer.steps < count) this.step();
  }

  get all() {
    return { steps: this.trainer.steps, parameters: digests(this.network.parameters()) };
  }

  /** To the end of the epoch, and some more in all ways. */
  async trainOn() {
    this.stepTo(Math.ceil(this.trainer.steps / (ROWS / BATCH)) * (ROWS / BATCH));
    const { epochs } = await this.trainer.fit(this.data, { ...inOrder, epochs: 4 });
    const { loss } = await this.trainer.evaluate(this.data);
    return { ...this.all, loss, epochs: epochs.map((epoch) => epoch.loss), next: this.step(), prediction: [...this.network.predict(this.data.x)] };
  }

  dispose(): void {
    this.network.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

afterEach(() => vi.restoreAllMocks());

/** Expects a subject to be as one that was trained by one thread for as many steps, and to go on alone as that does. */
async function expectUnharmed(subject: Subject, reason: RegExp): Promise<void> {
  using twin = await Subject.on(1);
  twin.stepTo(subject.trainer.steps);
  expect(subject.all).toEqual(twin.all);
  expect(subject.network.inspect()).toMatchObject({ threads: 1, notes: [expect.stringMatching(reason)] });
  expect(await subject.trainOn()).toEqual(await twin.trainOn());
}

const LOST = /^one thread: another was lost \(it ended with code 1\)$/;

describe("where a thread dies", () => {
  test.each([[2, 0], [3, 1], [4, 2]])("of %i, number %i, in the middle of a training: fit rejects after its last finished step, and one goes on", async (threads, victim) => {
    using workers = new Workers();
    using subject = await Subject.on(threads);
    let progress = 0;
    const error = await refused(() => subject.trainer.fit(subject.data, {
      ...ENDLESS, onProgress: () => { if (++progress === 4) void workers.started[victim].terminate(); },
    }));
    expect(error.code).toBe("worker");
    expect(error.message).toMatch(/^a thread of the team was lost \(it ended with code 1\): the network is as after its last finished step/);
    expect(subject.trainer.steps).toBeGreaterThan(0);
    await expectUnharmed(subject, LOST);
    // Nobody is left waiting for it.
    await workers.allEnded();
    expect(workers.started).toHaveLength(threads - 1);
  });

  test("at any time, of a training in which every slice is the team's", async () => {
    slicesTogether();
    using workers = new Workers();
    using subject = await Subject.on(2);
    setTimeout(() => void workers.started[0].terminate(), 30);
    expect((await refused(() => subject.trainer.fit(subject.data, ENDLESS))).code).toBe("worker");
    await expectUnharmed(subject, LOST);
  });

  test("between two fits, which the second tells before it begins", async () => {
    using workers = new Workers();
    using subject = await Subject.on(3);
    await subject.trainer.fit(subject.data, { ...inOrder, epochs: 3 });
    await workers.started[0].terminate();
    const before = subject.all;
    expect(subject.network.inspect()).toMatchObject({ threads: 1, notes: [expect.stringMatching(LOST)] });
    expect((await refused(() => subject.trainer.fit(subject.data, { ...inOrder, epochs: 3 }))).code).toBe("worker");
    expect(subject.all).toEqual(before);
    await expectUnharmed(subject, LOST);
  });

  test("before a step, which tells it and does nothing; the next one works", async () => {
    using workers = new Workers();
    using subject = await Subject.on(2);
    subject.stepTo(5);
    await workers.started[0].terminate();
    const before = subject.all;
    const error = await refused(() => subject.step());
    expect(error.code).toBe("worker");
    expect(subject.all).toEqual(before);
    subject.step();
    expect(subject.trainer.steps).toBe(6);
    await expectUnharmed(subject, LOST);
  });

  test("among steps that leave it no time to be noticed: they are done by one", async () => {
    using workers = new Workers();
    using subject = await Subject.on(3);
    subject.stepTo(5);
    const death = workers.started[1].terminate();
    subject.stepTo(12);
    await death;
    expect((await refused(() => subject.step())).code).toBe("worker");
    expect(subject.trainer.steps).toBe(12);
    await expectUnharmed(subject, LOST);
  });

  test("predictions, gradients and evaluations go on at once: they don't need it", async () => {
    using workers = new Workers();
    using subject = await Subject.on(2);
    using twin = await Subject.on(1);
    subject.stepTo(3);
    twin.stepTo(3);
    await workers.started[0].terminate();
    const use = async ({ network, trainer, data }: Subject) => ({
      predictions: network.predict(data.x), evaluation: await trainer.evaluate(data), gradients: trainer.gradients(data.x, data.y),
    });
    expect(await use(subject)).toEqual(await use(twin));
  });

  test("it is told once, though several networks train on the team, and to none that comes later", async () => {
    using workers = new Workers();
    using first = await Subject.on(2);
    using second = new Subject(await Network.create(spec));
    first.stepTo(2);
    await workers.started[0].terminate();
    const outcomes = await Promise.allSettled([first, second].map(({ trainer, data }) => trainer.fit(data, { ...inOrder, epochs: 2 })));
    expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    using later = new Subject(await Network.create(spec));
    later.step();
    await expectUnharmed(later, LOST);
    expect(workers.started).toHaveLength(1);
  });

  test("a new init makes a new team", async () => {
    using workers = new Workers();
    using subject = await Subject.on(2);
    await workers.started[0].terminate();
    using other = await Subject.on(2);
    other.stepTo(4);
    expect(other.network.inspect()).toMatchObject({ threads: 2, notes: [] });
    expect(subject.network.inspect().threads).toBe(1);
    expect(workers.living).toBe(1);
  });

  test("a network that goes before its team's death is known leaves nothing", async () => {
    using workers = new Workers();
    const subject = await Subject.on(3);
    const { heap } = subject.network.engine;
    subject.step();
    void workers.started[0].terminate();
    subject.dispose();
    await workers.allEnded();
    expect(heap.used).toBe(0);
  });
});

describe("where a thread can't be started", () => {
  async function expectNoNews(reason: RegExp, settled: () => Promise<void>): Promise<void> {
    await init({ threads: 3 });
    const subject = new Subject(await Network.create(spec));
    const { team, heap } = subject.network.engine;
    subject.stepTo(2);
    await settled();
    expect(team!.isReady).toBe(false);
    await expectUnharmed(subject, reason);
    subject.dispose();
    expect(heap.used).toBe(0);
  }

  test("for worker.js is not there, one works from the start, as inspect says: that is no error", async () => {
    using workers = new Workers(new URL("missing.js", import.meta.url));
    await expectNoNews(/^one thread: another was lost \(.*missing\.js/, () => workers.allEnded());
    expect(workers.started).toHaveLength(2);
  });

  test.each([0, 1])("for the runtime forbids it after %i others, the same", async (others) => {
    using workers = new Workers();
    const threads = process.getBuiltinModule("node:worker_threads");
    const { Worker } = threads;
    vi.spyOn(threads, "Worker").mockImplementation(function (...given: ConstructorParameters<typeof Worker>) {
      if (workers.started.length === others) throw new Error("no more workers");
      return new Worker(...given);
    } as never);
    await expectNoNews(/^one thread: another was lost \(Error: no more workers\)$/, () => workers.allEnded());
  });
});

describe("a thread that starts and never comes", () => {
  test("is not waited for: one works, and goes on so", async () => {
    using workers = new Workers(new URL("../support/silentWorker.js", import.meta.url));
    await init({ threads: 2 });
    using subject = new Subject(await Network.create(spec));
    const { team } = subject.network.engine;
    const run = vi.spyOn(team!, "run");
    await subject.trainer.fit(subject.data, { ...inOrder, epochs: 3 });
    subject.step();
    expect(workers.living).toBe(1);
    expect(team!.isReady).toBe(false);
    expect(run).not.toHaveBeenCalled();
    using twin = await Subject.on(1);
    twin.stepTo(subject.trainer.steps);
    expect(subject.all).toEqual(twin.all);
    await workers.started[0].terminate();
  });
});

describe("a thread that dies in the middle of a job", () => {
  const script = new URL("../support/lostWorker.js", import.meta.url);
  const orders = { fields: { ...fields }, placeWords: PLACE, limit: 40 };

  test("before anything was done costs nothing but the team", async () => {
    slicesTogether();
    using workers = new Workers(script, { ...orders, job: 3, barriers: 0 });
    using subject = await Subject.on(2);
    const error = await refused(() => subject.trainer.fit(subject.data, ENDLESS));
    expect([error.code, error.message]).toEqual(["worker", expect.stringMatching(/the network is as after its last finished step/)]);
    await workers.allEnded();
    await expectUnharmed(subject, /^one thread: another was lost/);
  });

  // A step of this network has four barriers, before and after its two records that are worth sharing; a job begins with one more.
  test.each([1, 2, 4])("at barrier %i of its first step ends fit with an error, and all is as it was before", async (barriers) => {
    alwaysTogether();
    using workers = new Workers(script, { ...orders, job: 3, barriers });
    using subject = await Subject.on(2);
    const before = subject.all;
    const error = await refused(() => subject.trainer.fit(subject.data, ENDLESS));
    expect([error.code, error.message]).toEqual(["worker", expect.stringMatching(/^a thread of the team was lost in the middle of a step/)]);
    expect(subject.all).toEqual(before);
    await workers.allEnded();
    await expectUnharmed(subject, /^one thread: another was lost/);
    const { heap } = subject.network.engine;
    subject.dispose();
    expect(heap.used).toBe(0);
  });
});
