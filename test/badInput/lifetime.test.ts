import { describe, expect, test } from "vitest";
import { adam, dense, type ErrorCode, gradientCheck, Network, sgd, Trainer } from "../../src/index";
import { expectHarmlessRefusal, refused, spec, Subject, x, y } from "../support/refusals";

const data = { x, y };
const loss = "crossEntropy";

/** Everything that a network or a trainer can be asked for. */
const networkCalls: [name: string, call: (subject: Subject) => unknown][] = [
  ["predict", ({ network }) => network.predict(x)],
  ["parameters", ({ network }) => network.parameters()],
  ["setParameters", ({ network }) => network.setParameters({})],
  ["save", ({ network }) => network.save()],
  ["inspect", ({ network }) => network.inspect()],
  ["gradientCheck", ({ network }) => gradientCheck(network, { x, y, loss })],
  ["new Trainer", ({ network }) => new Trainer(network, { loss })],
];
const trainerCalls: [name: string, call: (subject: Subject) => unknown][] = [
  ["step", ({ trainer }) => trainer.step(x, y)],
  ["gradients", ({ trainer }) => trainer.gradients(x, y)],
  ["fit", ({ trainer }) => trainer.fit(data)],
  ["epochs", ({ trainer }) => trainer.epochs(data).next()],
  ["evaluate", ({ trainer }) => trainer.evaluate(data)],
  ["steps", ({ trainer }) => trainer.steps],
  ["learningRate", ({ trainer }) => trainer.learningRate],
  ["setting learningRate", ({ trainer }) => { trainer.learningRate = 0.1; }],
];

describe("after network.dispose()", () => {
  test.each([...networkCalls, ...trainerCalls])("%s says that the network is disposed", async (_name, call) => {
    const subject = await Subject.create();
    subject.network.dispose();
    const error = await refused(() => call(subject));
    expect([error.code, error.message]).toEqual(["disposed", "network: it was disposed; create a new one, or dispose it later"]);
  });

  test("disposing it and its trainer again does nothing", async () => {
    const { network, trainer } = await Subject.create();
    network.dispose();
    network.dispose();
    trainer.dispose();
    trainer.dispose();
    await expect(refused(() => trainer.steps)).resolves.toMatchObject({ code: "disposed" });
  });
});

describe("after trainer.dispose()", () => {
  test.each(trainerCalls)("%s says that the trainer is disposed", async (_name, call) => {
    const subject = await Subject.create();
    subject.trainer.dispose();
    const error = await refused(() => call(subject));
    expect([error.code, error.message]).toEqual(["disposed", "trainer: it was disposed; make a new Trainer, or dispose it later"]);
    subject.dispose();
  });

  test.each(networkCalls)("%s of its network works", async (_name, call) => {
    const subject = await Subject.create();
    subject.trainer.dispose();
    await call(subject);
    subject.dispose();
  });
});

describe("while fit runs", () => {
  const busy: [name: string, call: (subject: Subject) => unknown][] = [
    ["a second fit", ({ trainer }) => trainer.fit(data)],
    ["an epoch of epochs", ({ trainer }) => trainer.epochs(data).next()],
    ["step", ({ trainer }) => trainer.step(x, y)],
    ["gradients", ({ trainer }) => trainer.gradients(x, y)],
    ["evaluate", ({ trainer }) => trainer.evaluate(data)],
  ];
  test.each(busy)("%s of the same trainer is refused, and fit goes on unchanged", async (_name, call) => {
    const [subject, twin] = [await Subject.create(), await Subject.create()];
    const running = subject.trainer.fit(data, { epochs: 3 });
    const error = await refused(() => call(subject));
    expect([error.code, error.message]).toEqual(["busy", "trainer: fit, epochs or evaluate is still running; await it first"]);
    expect((await running).epochs).toHaveLength(3);
    await twin.trainer.fit(data, { epochs: 3 });
    expect(await subject.trainOn()).toEqual(await twin.trainOn());
    subject.dispose();
    twin.dispose();
  });

  test("another trainer may not train the network, but evaluate", async () => {
    const { network, trainer } = await Subject.create();
    const other = new Trainer(network, { loss, optimizer: sgd() });
    const running = trainer.fit(data, { epochs: 2 });
    for (const call of [() => other.step(x, y), () => other.fit(data)]) {
      const error = await refused(call);
      expect([error.code, error.message]).toEqual(["busy", "network: another trainer's fit or epochs is still running on it; await it first"]);
    }
    expect((await other.evaluate(data)).loss).toBeGreaterThan(0);
    await running;
    expect(other.step(x, y)).toBeGreaterThan(0);
    network.dispose();
  });

  const endings: [name: string, dispose: (subject: Subject) => void, says: RegExp][] = [
    ["the network", ({ network }) => network.dispose(), /^network: it was disposed/],
    ["the trainer", ({ trainer }) => trainer.dispose(), /^trainer: it was disposed/],
  ];
  describe.each(endings)("disposing %s", (_name, dispose, says) => {
    test.each(["load", "epoch", "onProgress", "onEpoch", "validation"])("at the time of %s ends it with `disposed`, and no memory is lost", async (when) => {
      using bystander = await Network.create(spec);
      const before = bystander.inspect().core.used;
      const subject = await Subject.create();
      const end = () => dispose(subject);
      const rows = when === "validation" ? 300_000 : 60;
      const large = { x: new Float32Array(3 * rows), y: new Uint8Array(rows) };
      let slices = 0;
      const running = subject.trainer.fit(data, {
        epochs: 1_000_000,
        ...(when === "onProgress" ? { onProgress: end } : {}),
        ...(when === "onEpoch" ? { onEpoch: end } : {}),
        ...(when === "validation" ? { validation: large, onProgress: () => { if (++slices === 1) setTimeout(end, 1); } } : {}),
      });
      if (when === "load") end();
      if (when === "epoch") setImmediate(end);
      const error = await refused(() => running);
      expect(error.code).toBe("disposed");
      expect(error.message).toMatch(says);
      subject.dispose();
      expect(bystander.inspect().core.used).toBe(before);
    });
  });

  test("evaluate, too, ends with `disposed` wherever it is", async () => {
    const rows = 1_500_000;
    const large = { x: new Float32Array(3 * rows), y: new Uint8Array(rows) };
    for (const turns of [0, 1, 3, 6]) {
      using bystander = await Network.create(spec);
      const before = bystander.inspect().core.used;
      const { network, trainer } = await Subject.create();
      const running = refused(() => trainer.evaluate(large));
      for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
      trainer.dispose();
      expect((await running).code).toBe("disposed");
      network.dispose();
      expect(bystander.inspect().core.used).toBe(before);
    }
  });
});

describe("memory", () => {
  const side = 2 ** 20;

  test("a network of 4 TiB is refused at once, with what it needs, and others don't notice", async () => {
    const started = performance.now();
    await expectHarmlessRefusal({
      name: "", code: "memory" satisfies ErrorCode, says: /^4096\.\d\d GiB of memory are needed, and 4 GiB are the most/,
      call: () => Network.create({ input: side, layers: [dense(side)] }),
    });
    expect(performance.now() - started).toBeLessThan(2000);
  });

  test.each(["constant", "orthogonal", "normal"] as const)("with the initialiser %s as well", async (initializer) => {
    const error = await refused(() => Network.create({ input: side, layers: [dense(4096, "relu", { initializer })] }));
    expect(error.code).toBe("memory");
  });

  test("a trainer, batch or data set that has no room is refused, and training goes on", async () => {
    // A million outputs, and as many gradients, for each of 2000 rows are 16 GiB.
    using network = await Network.create({ input: 1, layers: [dense(side, "tanh"), dense(1)] });
    const trainer = new Trainer(network, { loss: "meanSquaredError", optimizer: adam() });
    trainer.step([1], [1]);
    const [prediction, { memory }] = [network.predict([1]), network.inspect()];
    const many = { x: new Uint8Array(2000), y: new Uint8Array(2000) };
    const calls = [() => trainer.step(many.x, many.y), () => trainer.fit(many, { batchSize: 2000 })];
    for (const call of calls) expect((await refused(call)).code).toBe("memory");
    expect(network.inspect().memory).toBeLessThanOrEqual(memory);
    expect(network.predict([1])).toEqual(prediction);
    expect(trainer.step([1], [1])).toBeGreaterThan(0);
  });
});

describe("a training that diverges", () => {
  /** Weights of any size pass the checks of each number, but not what is made of them. */
  const explosive = async () => {
    const network = await Network.create({ input: 2, layers: [dense(4), dense(1)], seed: 2 });
    const trainer = new Trainer(network, { loss: "meanSquaredError", optimizer: { type: "momentum", learningRate: 0.05 } });
    const [x, y] = [[[1, 0.5], [-0.5, 1], [0.3, 0.3]], [[1], [0], [0.5]]];
    trainer.step(x, y);
    return { network, trainer, x, y };
  };
  type Explosive = Awaited<ReturnType<typeof explosive>>;
  const huge = { x: [[1e30, 1], [1, -1e30], [1e30, 1e30]], y: [[0], [1], [0]] };
  const far = { x: [[1e18, 1], [1, 1e18], [1e18, 1e18]], y: [[0], [1], [0]] };

  const calls: [name: string, call: (subject: Explosive) => unknown, says: RegExp][] = [
    ["step, by its loss", ({ trainer }) => trainer.step(huge.x, huge.y), /^step: the loss became Infinity/],
    ["step, by a gradient", ({ trainer }) => trainer.step(far.x, [[0], [1e20], [0]]), /^step: (the loss became|a gradient became too large)/],
    ["gradients", ({ trainer }) => trainer.gradients(huge.x, huge.y), /^gradients: the loss became Infinity/],
    ["fit, at its first step", ({ trainer }) => trainer.fit(huge), /^epoch 1, step 1: the loss became Infinity/],
    ["fit, after some steps", ({ trainer }) => trainer.fit(far, { epochs: 40 }), /^epoch \d+, step \d+: /],
    ["fit, by its very last update", ({ trainer }) => {
      trainer.learningRate = 1e6;
      return trainer.fit(far, { epochs: 1, batchSize: 3 });
    }, /^epoch 1, step 1: (the loss became|the updates made a weight, .* infinite or NaN)/],
    ["fit, by its validation", ({ trainer, x, y }) => trainer.fit({ x, y }, { validation: huge }), /^evaluate: the loss became Infinity/],
    ["epochs, in a loop", async ({ trainer }) => {
      for await (const { loss } of trainer.epochs(far, { epochs: 40, batchSize: 1 })) expect(loss).toBeGreaterThan(0);
    }, /^epoch \d+, step \d+: /],
    ["evaluate", ({ trainer }) => trainer.evaluate(huge), /^evaluate: the loss became Infinity/],
  ];
  test.each(calls)("%s, is refused, and all is as it was before", async (_name, call, says) => {
    const [subject, twin] = [await explosive(), await explosive()];
    const rate = subject.trainer.learningRate;
    const error = await refused(() => call(subject));
    expect(error.message).toMatch(says);
    expect(error.code).toBe("diverged");
    subject.trainer.learningRate = rate;
    const results = await Promise.all([subject, twin].map(async ({ network, trainer, x, y }) => [
      trainer.step(x, y), (await trainer.fit({ x, y }, { epochs: 3, batchSize: 2 })).epochs.map(({ loss }) => loss),
      trainer.steps, network.parameters(),
    ]));
    expect(results[0]).toEqual(results[1]);
    subject.network.dispose();
    twin.network.dispose();
  });
});
