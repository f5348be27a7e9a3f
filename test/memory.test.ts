import v8 from "node:v8";
import vm from "node:vm";
import { describe, expect, test } from "vitest";
import { adam, dense, Network, Trainer } from "../src/index";
import { SeededNumbers } from "./support/numbers";

v8.setFlagsFromString("--expose-gc");
const collectGarbage = vm.runInNewContext("gc") as () => void;

/** Bytes of the JavaScript heap, and of typed arrays outside of it, after all that is not used is gone. */
function heapBytes(): number {
  collectGarbage();
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/**
 * By how many bytes the heap grows whenever `work` is done: the least of some times, since a leak shows in each, but compiled code
 * and the runtime's own caches only in one or the other.
 */
async function growthOf(work: () => unknown): Promise<number> {
  await work();
  let least = Infinity;
  for (let time = 0; time < 4; time++) {
    const before = heapBytes();
    await work();
    least = Math.min(least, heapBytes() - before);
  }
  return least;
}

const small = { input: 4, layers: [dense(6, "tanh"), dense(3, "softmax")], seed: 1 };
const x = Float32Array.from({ length: 32 }, (_, n) => Math.sin(n));
const y = Uint8Array.from({ length: 8 }, (_, n) => n % 3);

/** What the core has, seen through a network. */
const core = (network: Network) => network.inspect().core;

describe("memory stays as it is", () => {
  test("over 100,000 single steps", async () => {
    using network = await Network.create(small);
    const trainer = new Trainer(network, { loss: "crossEntropy" });
    trainer.step(x, y);
    const before = network.inspect();
    const growth = await growthOf(() => {
      for (let n = 0; n < 25_000; n++) trainer.step(x, y);
    });
    expect(trainer.steps).toBeGreaterThan(100_000);
    expect(network.inspect()).toEqual(before);
    // One byte a step would be as much.
    expect(growth).toBeLessThan(25_000);
  });

  test("over 100,000 steps of epochs, during which the core takes no byte", async () => {
    using network = await Network.create(small);
    const trainer = new Trainer(network, { loss: "crossEntropy", optimizer: adam() });
    const seen = new Set<string>();
    const onProgress = () => { if (seen.size < 10) seen.add(JSON.stringify(network.inspect())); };
    await trainer.fit({ x, y }, { epochs: 1, batchSize: 1 });
    const before = network.inspect();
    // In a loop, since a history would grow with the epochs.
    const growth = await growthOf(async () => {
      let last = 0;
      for await (const { epoch } of trainer.epochs({ x, y }, { epochs: 2500, batchSize: 1, onProgress })) last = epoch;
      expect(last).toBe(2500);
    });
    expect(trainer.steps).toBeGreaterThan(100_000);
    expect(seen.size).toBe(1);
    expect(network.inspect()).toEqual(before);
    // Ten bytes an epoch would be as much.
    expect(growth).toBeLessThan(25_000);
  });

  test("over an epoch of 100,000 steps, whose garbage does not grow with the steps", async () => {
    using network = await Network.create(small);
    const trainer = new Trainer(network, { loss: "crossEntropy" });
    const rows = 100_000;
    const data = { x: new Float32Array(4 * rows).fill(0.5), y: new Uint8Array(rows) };
    await trainer.fit(data, { epochs: 1, batchSize: 1 });
    let slices = 0;
    const allocated: number[] = [];
    await trainer.fit(data, {
      epochs: 1, batchSize: 1,
      onProgress: () => {
        slices++;
        allocated.push(process.memoryUsage().heapUsed);
      },
    });
    // Between two slices of up to 4096 steps each: some objects for the slice, none for a step.
    const growth = allocated.slice(1).map((bytes, n) => bytes - allocated[n]!).filter((bytes) => bytes > 0).sort((a, b) => a - b);
    expect(slices).toBeGreaterThan(20);
    expect(growth[Math.floor(growth.length / 2)]).toBeLessThan(20_000);
  });

  test("over predictions, evaluations and saves", async () => {
    using network = await Network.create(small);
    const trainer = new Trainer(network, { loss: "crossEntropy" });
    const round = async () => {
      network.predict(x);
      network.save();
      trainer.gradients(x, y);
      await trainer.evaluate({ x, y });
      network.setParameters(network.parameters());
    };
    await round();
    const before = network.inspect();
    const growth = await growthOf(async () => {
      for (let n = 0; n < 300; n++) await round();
    });
    expect(network.inspect()).toEqual(before);
    // A hundred bytes a round would be as much, and the least that one of its results takes is more.
    expect(growth).toBeLessThan(30_000);
  });

  test("after calls that failed", async () => {
    using network = await Network.create(small);
    const trainer = new Trainer(network, { loss: "crossEntropy" });
    trainer.step(x, y);
    network.predict(x);
    const before = network.inspect();
    const bad = x.map((value, n) => (n === 30 ? NaN : value));
    for (let n = 0; n < 200; n++) {
      expect(() => trainer.step(bad, y)).toThrow();
      expect(() => network.predict(bad)).toThrow();
      await expect(trainer.fit({ x: bad, y })).rejects.toThrow();
      await expect(trainer.fit({ x, y }, { validation: { x: bad, y } })).rejects.toThrow();
      await expect(trainer.evaluate({ x: bad, y })).rejects.toThrow();
    }
    expect(network.inspect()).toEqual(before);
  });
});

describe("dispose gives memory back", () => {
  test("a thousand networks live side by side, and leave nothing", async () => {
    using bystander = await Network.create(small);
    const before = core(bystander).used;
    const networks = await Promise.all(Array.from({ length: 1000 }, (_, seed) => Network.create({ ...small, seed })));
    const trainers = networks.map((network) => new Trainer(network, { loss: "crossEntropy" }));
    for (let round = 0; round < 3; round++) for (const trainer of trainers) trainer.step(x, y);
    // Each is as if it were alone.
    for (const seed of [0, 499, 999]) {
      using alone = await Network.create({ ...small, seed });
      const trainer = new Trainer(alone, { loss: "crossEntropy" });
      for (let round = 0; round < 3; round++) trainer.step(x, y);
      expect(networks[seed]!.parameters()).toEqual(alone.parameters());
    }
    const { used, capacity } = core(bystander);
    expect(used - before).toBe(networks.reduce((sum, network) => sum + network.inspect().memory, 0));
    expect(capacity).toBeGreaterThan(used);
    for (const network of networks) network.dispose();
    expect(core(bystander).used).toBe(before);
  });

  test("in any order of trainers and networks", async () => {
    using bystander = await Network.create(small);
    const before = core(bystander).used;
    const numbers = new SeededNumbers(3);
    for (let round = 0; round < 50; round++) {
      const network = await Network.create(small);
      const owners: { dispose(): void }[] = [network, ...["sgd", "adam", "rmsprop"].map((optimizer) => {
        const trainer = new Trainer(network, { loss: "crossEntropy", optimizer: optimizer as "sgd" });
        trainer.step(x, y);
        return trainer;
      })];
      while (owners.length > 0) owners.splice(numbers.below(owners.length), 1)[0]!.dispose();
      expect(core(bystander).used).toBe(before);
    }
  });

  test("whatever the sizes and the order: three thousand networks of all sizes need little more than those that live at a time", async () => {
    using bystander = await Network.create(small);
    const before = core(bystander).used;
    const numbers = new SeededNumbers(5);
    const living: Network[] = [];
    let most = 0;
    const capacities: number[] = [];
    for (let n = 0; n < 6000; n++) {
      if (living.length > 30 || (living.length > 0 && numbers.below(2) === 0)) living.splice(numbers.below(living.length), 1)[0]!.dispose();
      else {
        const network = await Network.create({ input: 1 + numbers.below(40), layers: [dense(1 + numbers.below(numbers.pick([10, 100, 500])), "relu", { initializer: "zeros" }), dense(2)] });
        network.predict(new Float32Array(network.inputs * (1 + numbers.below(64))));
        living.push(network);
      }
      most = Math.max(most, core(bystander).used);
      if (n % 1500 === 1499) capacities.push(core(bystander).capacity);
    }
    for (const network of living) network.dispose();
    expect(core(bystander).used).toBe(before);
    expect(capacities.at(-1)).toBe(capacities[1]);
    expect(capacities.at(-1)!).toBeLessThan(Math.max(2 * most, 30_000_000));
  });

  test("memory that came back is used again", async () => {
    const spec = { input: 1000, layers: [dense(2000), dense(1)] };
    (await Network.create(spec)).dispose();
    using bystander = await Network.create(small);
    const { capacity } = core(bystander);
    for (let n = 0; n < 20; n++) {
      using network = await Network.create(spec);
      using trainer = new Trainer(network, { loss: "squaredError", optimizer: "sgd" });
      expect(trainer.steps).toBe(0);
      if (n === 0) network.predict(new Float32Array(1000));
    }
    expect(core(bystander).capacity - capacity).toBeLessThan(20_000_000);
  });

  test("`using` disposes at the end of the block", async () => {
    using bystander = await Network.create(small);
    const before = core(bystander).used;
    let escaped: Network | undefined;
    {
      using network = await Network.create(small);
      using trainer = new Trainer(network, { loss: "crossEntropy" });
      trainer.step(x, y);
      escaped = network;
    }
    expect(() => escaped.predict(x)).toThrow(/disposed/);
    expect(core(bystander).used).toBe(before);
  });

  test("a loop of epochs that is left gives its data back", async () => {
    using network = await Network.create(small);
    const trainer = new Trainer(network, { loss: "crossEntropy" });
    await trainer.fit({ x, y }, { epochs: 1 });
    const before = network.inspect();
    for await (const { epoch } of trainer.epochs({ x, y }, { epochs: 5 })) if (epoch === 2) break;
    expect(network.inspect()).toEqual(before);
  });
});
