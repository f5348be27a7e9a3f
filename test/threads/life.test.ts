import { describe, expect, test } from "vitest";
import { dense, init, Network, type NetworkSpec, Trainer } from "../../src/index";
import { runChild } from "../support/child";
import { digests, inputsOf, targetsOf } from "../support/course";
import { assembled, networkOn } from "../support/team";
import { Workers } from "../support/workers";

/** Large enough for operations that are worth sharing, by the estimates of src/plan/record.ts. */
const spec: NetworkSpec = { input: 100, layers: [dense(80, "relu"), dense(5, "softmax")], seed: 8 };
const ROWS = 96;

async function train(network: Network): Promise<Record<string, string>> {
  using trainer = new Trainer(network, { loss: "crossEntropy" });
  const x = inputsOf(network, ROWS), y = targetsOf(network, ROWS, true);
  await trainer.fit({ x, y }, { epochs: 2, batchSize: 32 });
  trainer.step(x, y as number[]);
  return digests(network.parameters());
}

async function trainedByOne(): Promise<Record<string, string>> {
  await init({ threads: 1 });
  using network = await Network.create(spec);
  return await train(network);
}

describe("the threads of a team", () => {
  test("are started when they are first wanted, and once for all fits of all networks", async () => {
    using workers = new Workers();
    await init({ threads: 3 });
    using first = await Network.create(spec);
    using second = await Network.create(spec);
    expect(workers.started).toHaveLength(0);
    await train(first);
    expect(workers.started).toHaveLength(2);
    await assembled(first);
    const [a, b] = [await train(first), await train(second)];
    expect(a).not.toEqual(b);
    first.predict(inputsOf(first, ROWS));
    await Promise.all([train(first), train(second)]);
    expect(workers.started).toHaveLength(2);
    expect(workers.ended).toBe(0);
  });

  test("are not started for a plan in which nothing is worth sharing", async () => {
    using workers = new Workers();
    await init({ threads: 2 });
    using network = await Network.create({ input: 3, layers: [dense(4, "tanh"), dense(2, "softmax")] });
    await train(network);
    network.predict([1, 2, 3]);
    expect(workers.started).toHaveLength(0);
    expect(network.inspect()).toMatchObject({ threads: 2, notes: [] });
  });

  test("end with the last network, give their memory back, and come again for a later one, which gets the same bits", async () => {
    const expected = await trainedByOne();
    using workers = new Workers();
    const first = await networkOn(4, spec);
    const { heap } = first.engine;
    const second = await Network.create(spec);
    expect(await train(first)).toEqual(expected);
    first.dispose();
    // The second still wants them.
    expect(await train(second)).toEqual(expected);
    expect(workers.living).toBe(3);
    second.dispose();
    await workers.allEnded();
    expect(workers.started).toHaveLength(3);
    expect(heap.used).toBe(0);

    const third = await Network.create(spec);
    expect(third.engine.heap).toBe(heap);
    await assembled(third);
    expect(workers.living).toBe(3);
    expect(await train(third)).toEqual(expected);
    expect(third.inspect()).toMatchObject({ threads: 4, notes: [] });
    third.dispose();
    await workers.allEnded();
    expect(heap.used).toBe(0);
  });

  test("come and go many times without a trace, even where a network goes before they have come", async () => {
    using workers = new Workers();
    await init({ threads: 3 });
    const seen = new Set<number>();
    const ROUNDS = 12;
    for (let round = 0; round < ROUNDS; round++) {
      const network = await Network.create(spec);
      const trainer = new Trainer(network, { loss: "crossEntropy" });
      const x = inputsOf(network, 64), y = targetsOf(network, 64, true);
      trainer.step(x, y as number[]);
      if (round % 3 > 0) await assembled(network);
      if (round % 3 > 1) await trainer.fit({ x, y }, { epochs: 2, batchSize: 16 });
      const { heap } = network.engine;
      network.dispose();
      // Sometimes the next team starts while the one before still goes home.
      if (round % 4 > 0) continue;
      await workers.allEnded();
      expect(heap.used).toBe(0);
      seen.add(heap.capacity);
    }
    await workers.allEnded();
    expect(workers.started).toHaveLength(2 * ROUNDS);
    // What came back is used again.
    expect(seen.size).toBeLessThanOrEqual(2);
  });
});

/** Trains on a team of `threads`, which is there at the end. */
const training = (threads: number) => `
  await deltawasm.init({ threads: ${threads} });
  const network = await deltawasm.Network.create({ input: 100, layers: [deltawasm.dense(80, "relu"), deltawasm.dense(5, "softmax")] });
  const trainer = new deltawasm.Trainer(network, { loss: "crossEntropy" });
  const x = Float32Array.from({ length: 9600 }, (_, n) => Math.sin(n)), y = Array.from({ length: 96 }, (_, n) => n % 5);
  const fit = () => trainer.fit({ x, y }, { epochs: 20, batchSize: 32 });
  await fit();
  while (!network.engine.team.isReady) await new Promise((resolve) => setTimeout(resolve, 1));
  await fit();
  console.log("trained by", network.inspect().threads);
`;

describe("a process", () => {
  test.each([2, 4])("of %i threads that have nothing to do uses no processor", async (threads) => {
    // After half a second all have gone to sleep, and V8 has compiled what it wants to.
    const { code, output, errors } = await runChild(`${training(threads)}
      const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
      await pause(500);
      const before = process.cpuUsage();
      await pause(2000);
      const { user, system } = process.cpuUsage(before);
      console.log(JSON.stringify({ used: (user + system) / 1000 }));
    `);
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    expect(output).toMatch(`trained by ${threads}`);
    // Milliseconds in two seconds: 2 %. One thread that spins would use up to 2000.
    expect(JSON.parse(output.split("\n").at(-2)!).used).toBeLessThan(40);
  });

  const ends: [name: string, program: string, output?: string][] = [
    ["when the training is done, though nobody disposed of anything", ""],
    ["while a team is about to start", `(await deltawasm.Network.create(network.spec)).predict(x); network.dispose();
      const late = await deltawasm.Network.create({ ...network.spec, seed: 2 }); late.predict(x);`],
    ["after a training that nobody awaits, which is finished", `fit().then(() => console.log("done"));`, "done"],
    ["where the last network is disposed of", "network.dispose();"],
    ["where it asks to, in the middle of a training", `setTimeout(() => process.exit(0), 20); trainer.fit({ x, y }, { epochs: 1e6 });`],
  ];
  test.each(ends)("with a team ends %s", async (_name, program, last = "trained by 3") => {
    const { code, output, errors } = await runChild(training(3) + program);
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    expect(output.trim().split("\n")).toEqual([...new Set(["trained by 3", last])]);
  });

  test("that loads the package by require ends as well", async () => {
    const { code, output, errors } = await runChild(training(2), { form: "cjs" });
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    expect(output).toMatch("trained by 2");
  });
});
