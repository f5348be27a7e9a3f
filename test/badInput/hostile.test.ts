import { describe, expect, test } from "vitest";
import { dense, init, Network, type Rows, Trainer } from "../../src/index";
import { refused, spec, Subject, x, y } from "../support/refusals";

const flat = x.flat();

/** `numbers` with a getter at one place, which runs `code` each time it is read. */
function trap(numbers: readonly number[], at: number, code: () => void): number[] {
  return Object.defineProperty([...numbers], at, {
    get() {
      code();
      return numbers[at];
    },
  });
}

describe("numbers of every kind of array are the same numbers", () => {
  class Subclass extends Float32Array {}
  const halves = flat.map((value) => Math.round(value * 8) / 8);
  const shared = () => {
    const numbers = new Float32Array(new SharedArrayBuffer(48));
    numbers.set(halves);
    return numbers as Rows;
  };
  const resizable = () => {
    const buffer = new (ArrayBuffer as unknown as new (bytes: number, options: object) => ArrayBuffer)(48, { maxByteLength: 96 });
    const numbers = new Float32Array(buffer);
    numbers.set(halves);
    return numbers;
  };
  const rowsOf = <T>(make: (row: number[]) => T) => [0, 3, 6, 9].map((first) => make(halves.slice(first, first + 3)));
  const kinds: [name: string, numbers: () => Rows][] = [
    ["Float64Array", () => Float64Array.from(halves)],
    ["a subclass of Float32Array", () => Subclass.from(halves)],
    ["shared memory", shared],
    ["a resizable buffer", resizable],
    ["a part of a larger buffer", () => Float32Array.from([7, 7, ...halves, 7]).subarray(2, 14)],
    ["rows that are arrays", () => rowsOf((row) => row)],
    ["rows that are typed", () => rowsOf((row) => Float64Array.from(row))],
    ["rows of several kinds", () => rowsOf((row) => row).map((row, n) => (n % 2 === 0 ? Float32Array.from(row) : row))],
    ["a frozen array", () => Object.freeze([...halves])],
    ["a proxy", () => new Proxy([...halves], {})],
  ];
  test.each(kinds)("%s", async (_name, numbers) => {
    const [subject, twin] = [await Subject.create(), await Subject.create()];
    expect(subject.network.predict(numbers())).toEqual(twin.network.predict(Float32Array.from(halves)));
    expect(subject.trainer.step(numbers(), y)).toBe(twin.trainer.step(Float32Array.from(halves), y));
    await subject.trainer.fit({ x: numbers(), y });
    await twin.trainer.fit({ x: Float32Array.from(halves), y });
    expect(subject.network.parameters()).toEqual(twin.network.parameters());
    subject.dispose();
    twin.dispose();
  });

  test.each([Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array])("%o", async (Kind) => {
    using network = await Network.create(spec);
    expect(network.predict(Kind.from([0, 1, 2, 3, 100, 5]))).toEqual(network.predict([0, 1, 2, 3, 100, 5]));
  });
});

describe("a getter in the data", () => {
  const calls: [name: string, call: (subject: Subject, inputs: Rows) => unknown][] = [
    ["predict", ({ network }, inputs) => network.predict(inputs)],
    ["step", ({ trainer }, inputs) => trainer.step(inputs, y)],
    ["fit", ({ trainer }, inputs) => trainer.fit({ x: inputs, y })],
    ["evaluate", ({ trainer }, inputs) => trainer.evaluate({ x: inputs, y })],
  ];
  const attacks: [name: string, attack: (subject: Subject) => void][] = [
    ["dispose the network", ({ network }) => network.dispose()],
    ["dispose the trainer", ({ trainer }) => trainer.dispose()],
    ["predict", ({ network }) => network.predict(new Float32Array(3000))],
  ];
  describe.each(calls)("that %s reads", (_name, call) => {
    test.each(attacks)("can't %s in the middle of it", async (_attack, attack) => {
      const [subject, twin] = [await Subject.create(), await Subject.create()];
      // The first element is also read when rows are counted, where nothing is in danger yet.
      const error = await refused(() => call(subject, trap(flat, 7, () => attack(subject))));
      expect([error.code, error.message]).toEqual(["busy", "network: a call is still reading its data; a getter in them must not call back"]);
      expect(await subject.trainOn()).toEqual(await twin.trainOn());
      subject.dispose();
      twin.dispose();
    });
  });

  // All networks on one memory, that of one thread and that of a team.
  test.each([1, 2])("can't make the memory grow under the copy, with %d threads", async (threads) => {
    await init({ threads });
    const [subject, twin] = [await Subject.create(), await Subject.create()];
    using large = await Network.create({ input: 3, layers: [dense(2048), dense(2048), dense(1)] });
    const grow = () => { new Trainer(large, { loss: "squaredError" }); };
    for (const call of [() => subject.network.predict(trap(flat, 7, grow)), () => subject.trainer.step(trap(flat, 7, grow), y)]) {
      const error = await refused(() => {
        for (;;) call();
      });
      expect([error.code, error.message]).toEqual(["busy", "x: reading it made a network or trainer, which must wait until it is read"]);
    }
    expect(await subject.trainOn()).toEqual(await twin.trainOn());
    subject.dispose();
    twin.dispose();
  });

  test("can throw what it likes, which comes through, and nothing has changed", async () => {
    class Mine extends Error {}
    const [subject, twin] = [await Subject.create(), await Subject.create()];
    const data = trap(flat, 7, () => { throw new Mine("stop"); });
    expect(() => subject.trainer.step(data, y)).toThrow(Mine);
    expect(() => subject.network.predict(data)).toThrow(Mine);
    await expect(subject.trainer.fit({ x: data, y })).rejects.toThrow(Mine);
    await expect(subject.trainer.evaluate({ x: data, y })).rejects.toThrow(Mine);
    expect(() => subject.network.setParameters({ "1.bias": { data: trap([1, 2, 3], 1, () => { throw new Mine("stop"); }) } })).toThrow(Mine);
    expect(await subject.trainOn()).toEqual(await twin.trainOn());
    subject.dispose();
    twin.dispose();
  });

  test("of parameters can't dispose the network that they are written to", async () => {
    using bystander = await Network.create(spec);
    const weights = bystander.parameters();
    const subject = await Subject.create();
    const error = await refused(() => subject.network.setParameters({ "1.bias": { data: trap([1, 2, 3], 1, () => subject.network.dispose()) } }));
    expect(error.code).toBe("disposed");
    expect(bystander.parameters()).toEqual(weights);
  });

  test("of parameters can't pass one number and write another", async () => {
    using network = await Network.create(spec);
    let reads = 0;
    const data = Object.defineProperty([1, 2, 3], 1, { get: () => (++reads === 1 ? 5 : NaN) });
    network.setParameters({ "1.bias": { data } });
    expect(network.parameters()["1.bias"]!.data).toEqual(Float32Array.of(1, 5, 3));
  });
});

describe("data that change while fit copies them", () => {
  const rows = 1_000_000;
  const nextTurn = () => new Promise(setImmediate);

  const changes: [name: string, code: string, change: (x: Float32Array[] & number[][], y: number[]) => void][] = [
    ["a row becomes null", "type", (x) => { x[rows - 1] = null as never; }],
    ["a row becomes shorter", "type", (x) => { x[rows - 1] = [1] as never; }],
    ["a row goes NaN", "nonFinite", (x) => { x[rows - 1] = [1, NaN, 2] as never; }],
    ["all rows go", "type", (x) => { x.length = 0; }],
    ["a label goes out of range", "label", (_x, y) => { y[rows - 1] = 3; }],
    ["labels become rows", "label", (_x, y) => { y[rows - 1] = [1, 0, 0] as never; }],
  ];
  test.each(changes)("%s: `%s`, and nothing has changed", async (_name, code, change) => {
    const [subject, twin] = [await Subject.create(), await Subject.create()];
    const row = [0.1, 0.2, 0.3];
    const data = { x: new Array(rows).fill(row), y: new Array(rows).fill(1) };
    const running = refused(() => subject.trainer.fit(data, { epochs: 1, batchSize: 4096 }));
    await nextTurn();
    change(data.x as never, data.y);
    expect((await running).code).toBe(code);
    expect(await subject.trainOn()).toEqual(await twin.trainOn());
    subject.dispose();
    twin.dispose();
  });

  test("a buffer that is sent away is refused", async () => {
    const subject = await Subject.create();
    const inputs = new Float32Array(3 * rows);
    const running = refused(() => subject.trainer.fit({ x: inputs, y: new Uint8Array(rows) }, { epochs: 1 }));
    await nextTurn();
    structuredClone(inputs.buffer, { transfer: [inputs.buffer] });
    expect((await running).message).toMatch(/^data\.x: row \d+, column 0: expected a number, got undefined/);
    subject.dispose();
  });

  test("once they are copied, they may change: the copy is trained on", async () => {
    const [subject, twin] = [await Subject.create(), await Subject.create()];
    const data = { x: x.map((row) => [...row]), y: [...y] };
    await subject.trainer.fit(data, { epochs: 5, onProgress: () => { data.x.length = 0; data.y.fill(9); } });
    await twin.trainer.fit({ x, y }, { epochs: 5 });
    expect(subject.network.parameters()).toEqual(twin.network.parameters());
    subject.dispose();
    twin.dispose();
  });

  test("options that change while fit runs are those that it was given", async () => {
    const { network, trainer } = await Subject.create();
    const options = { epochs: 3, batchSize: 2, onEpoch: () => { options.epochs = 1; options.batchSize = NaN; } };
    const { epochs, stopped } = await trainer.fit({ x, y }, options);
    expect([epochs.length, stopped, trainer.steps]).toEqual([3, "completed", 3 + 6]);
    network.dispose();
  });
});
