import { describe, expect, test } from "vitest";
import { activation, dense, type LayerSpec, Network, type NetworkSpec } from "../../src/index";
import { expectRefusal, type Refusal } from "../support/refusals";

const create = (spec: unknown) => () => Network.create(spec as NetworkSpec);
const withInput = (input: unknown) => create({ input, layers: [dense(2)] });
const withSeed = (seed: unknown) => create({ input: 2, layers: [dense(2)], seed });
const withLayers = (layers: unknown) => create({ input: 2, layers });
const withLayer = (layer: unknown) => withLayers([dense(3), layer]);
const withDense = (options: object) => withLayer({ type: "dense", units: 2, ...options });
const withInitializer = (initializer: unknown) => withDense({ initializer });

const deep = JSON.parse("[".repeat(50_000) + "]".repeat(50_000)) as unknown;
const deepObject = JSON.parse('{"type":'.repeat(50_000) + "0" + "}".repeat(50_000)) as unknown;
const circular: Record<string, unknown> = { type: "dense", units: 2 };
circular.initializer = circular;

const badSpecs: [what: string, call: () => unknown, code: Refusal["code"], says: RegExp][] = [
  ["undefined", create(undefined), "type", /^spec: expected an object, got undefined/],
  ["null", create(null), "type", /^spec: expected an object, got null/],
  ["a number", create(4), "type", /^spec: .* got 4/],
  ["text", create("dense"), "type", /^spec: .* got "dense"/],
  ["an array", create([4, [dense(2)]]), "type", /^spec: .* got an array of 2/],
  ["a map", create(new Map([["input", 2]])), "type", /^spec: .* got an object of type Map/],
  ["an unknown key", create({ input: 2, layers: [dense(2)], sede: 1 }), "unknown", /^spec.sede: no such option; there are input, layers, seed/],
  ["__proto__ as a key", create(JSON.parse('{"input":2,"layers":[],"__proto__":{"seed":1}}')), "unknown", /^spec.__proto__: no such option/],
  ["a key of a class above", create(Object.create({ input: 2, layers: [dense(2)] })), "type", /^spec.input: .* got undefined/],
  ["no input", withInput(undefined), "type", /^spec.input: expected a whole number from 1 to 1048576, got undefined/],
  ["input 0", withInput(0), "range", /^spec.input: .* got 0/],
  ["a negative input", withInput(-3), "range", /^spec.input: .* got -3/],
  ["a fractional input", withInput(2.5), "range", /^spec.input: .* got 2.5/],
  ["input NaN", withInput(NaN), "range", /^spec.input: .* got NaN/],
  ["input Infinity", withInput(Infinity), "range", /^spec.input: .* got Infinity/],
  ["too large an input", withInput(2 ** 20 + 1), "range", /^spec.input: .* got 1048577/],
  ["input as text", withInput("2"), "type", /^spec.input: .* got "2"/],
  ["input of no sizes", withInput([]), "range", /^spec.input: expected \[features\], .* got \[\]/],
  ["input of four sizes", withInput([1, 2, 3, 4]), "range", /^spec.input: .* got \[1, 2, 3, 4\]/],
  ["input of text", withInput([2, "3"]), "type", /^spec.input: .* got \[2, "3"\]/],
  ["an image too large", withInput([3, 1024, 1024]), "range", /^spec.input: .* at most 1,048,576 numbers in all, got \[3, 1024, 1024\]/],
  ["input as a big integer", withInput(2n), "type", /^spec.input: .* got 2n/],
  ["a negative seed", withSeed(-1), "range", /^spec.seed: expected a whole number, at least 0, got -1/],
  ["a fractional seed", withSeed(0.5), "range", /^spec.seed: .* got 0.5/],
  ["seed NaN", withSeed(NaN), "range", /^spec.seed: .* got NaN/],
  ["a seed that is not exact", withSeed(2 ** 53), "range", /^spec.seed: .* got 9007199254740992/],
  ["seed null", withSeed(null), "type", /^spec.seed: .* got null/],
  ["a seed as text", withSeed("7"), "type", /^spec.seed: .* got "7"/],
  ["no layers", withLayers(undefined), "type", /^spec.layers: expected an array of layers, got undefined/],
  ["layers that are one layer", withLayers(dense(2)), "type", /^spec.layers: .* got an object/],
  ["an empty array of layers", withLayers([]), "empty", /^spec.layers: expected at least one layer, got none/],
  ["a hole for a layer", withLayers(new Array(3)), "type", /^spec.layers\[0\]: expected a layer such as dense\(10\), got undefined/],
  ["four billion holes", withLayers(new Array(2 ** 32 - 1)), "range", /^spec.layers: expected at most 10000 layers, got 4294967295/],
  ["layers nested 50,000 deep", withLayers(deep), "type", /^spec.layers\[0\].type: .* got undefined/],
  ["a layer nested 50,000 deep", withLayer(deepObject), "type", /^spec.layers\[1\].type: expected one of .* got an object/],
  ["a layer that holds itself", withLayer(circular), "unknown", /^spec.layers\[1\].initializer.type: .* got "dense"/],
  ["a layer that is null", withLayer(null), "type", /^spec.layers\[1\]: .* got null/],
  ["a layer that is text", withLayer("dense"), "type", /^spec.layers\[1\]: .* got "dense"/],
  ["a layer that is the function", withLayer(dense), "type", /^spec.layers\[1\]: .* got a function/],
  ["a layer in an array", withLayer([dense(2)]), "type", /^spec.layers\[1\].type: .* got undefined/],
  ["a layer without a type", withLayer({ units: 2 }), "type", /^spec.layers\[1\].type: expected one of activation, add, .*, got undefined/],
  ["an unknown type", withLayer({ type: "conv" }), "unknown", /^spec.layers\[1\].type: expected one of activation, add, .*, got "conv"/],
  ["a type that objects inherit", withLayer({ type: "toString" }), "unknown", /^spec.layers\[1\].type: .* got "toString"/],
  ["an unknown option of a layer", withDense({ unit: 3 }), "unknown", /^spec.layers\[1\].unit: no such option; there are type, units/],
  ["__proto__ in a layer", withLayer(JSON.parse('{"type":"dense","units":2,"__proto__":{}}')), "unknown", /^spec.layers\[1\].__proto__: no such/],
  ["no units", withDense({ units: undefined }), "type", /^spec.layers\[1\].units: .* got undefined/],
  ["0 units", withDense({ units: 0 }), "range", /^spec.layers\[1\].units: expected a whole number from 1 to 1048576, got 0/],
  ["negative units", withDense({ units: -1 }), "range", /^spec.layers\[1\].units: .* got -1/],
  ["fractional units", withDense({ units: 1.5 }), "range", /^spec.layers\[1\].units: .* got 1.5/],
  ["too many units", withDense({ units: 2 ** 20 + 1 }), "range", /^spec.layers\[1\].units: .* got 1048577/],
  ["units as text", withDense({ units: "2" }), "type", /^spec.layers\[1\].units: .* got "2"/],
  ["units as an object", withDense({ units: { valueOf: () => 2 } }), "type", /^spec.layers\[1\].units: .* got an object/],
  ["an unknown activation", withDense({ activation: "rleu" }), "unknown", /^spec.layers\[1\].activation: expected one of linear, .* got "rleu"/],
  ["an activation that objects inherit", withDense({ activation: "constructor" }), "unknown", /activation: .* got "constructor"/],
  ["an activation by its code", withDense({ activation: 3 }), "type", /^spec.layers\[1\].activation: expected one of .* got 3/],
  ["an activation by its code as text", withDense({ activation: "3" }), "unknown", /^spec.layers\[1\].activation: expected one of .* got "3"/],
  ["a slope that is null", withDense({ activation: { type: "leakyRelu", slope: null } }), "type", /activation.slope: .* got null/],
  ["null for the activation", withDense({ activation: null }), "type", /^spec.layers\[1\].activation: .* got null/],
  ["an activation that is null", withLayer(activation(null as never)), "type", /^spec.layers\[1\].activation: .* got null/],
  ["an activation that is a function", withDense({ activation: Math.tanh }), "type", /^spec.layers\[1\].activation: .* got a function/],
  ["an option of another activation", withDense({ activation: { type: "relu", slope: 1 } }), "unknown", /activation.slope: no such option; there is type/],
  ["a negative slope", withDense({ activation: { type: "leakyRelu", slope: -1 } }), "range", /activation.slope: expected a finite number at least 0 and at most 1e18, got -1/],
  ["a slope as text", withDense({ activation: { type: "leakyRelu", slope: "1" } }), "type", /activation.slope: .* got "1"/],
  ["alpha 0", withDense({ activation: { type: "elu", alpha: 0 } }), "range", /activation.alpha: expected a finite number greater than 0.* got 0/],
  ["alpha beyond 32 bits", withDense({ activation: { type: "elu", alpha: 1e39 } }), "range", /activation.alpha: .* got 1e\+39/],
  ["a bias of 1", withDense({ bias: 1 }), "type", /^spec.layers\[1\].bias: expected true or false, got 1/],
  ["a bias that is null", withDense({ bias: null }), "type", /^spec.layers\[1\].bias: expected true or false, got null/],
  ["an unknown initialiser", withInitializer("xavier"), "unknown", /initializer: expected one of glorotUniform, .* got "xavier"/],
  ["an initialiser that objects inherit", withInitializer({ type: "valueOf" }), "unknown", /initializer.type: .* got "valueOf"/],
  ["an initialiser in an array", withInitializer(["zeros"]), "type", /initializer.type: .* got undefined/],
  ["an unknown option of an initialiser", withInitializer({ type: "zeros", value: 0 }), "unknown", /initializer.value: no such option/],
  ["a negative deviation", withInitializer({ type: "normal", deviation: -1 }), "range", /initializer.deviation: .* at least 0 .* got -1/],
  ["a low above the high", withInitializer({ type: "uniform", low: 1, high: 0 }), "range", /initializer: expected low ≤ high, got low 1 and high 0/],
  ["a gain that is NaN", withInitializer({ type: "orthogonal", gain: NaN }), "range", /initializer.gain: .* got NaN/],
  ["a value beyond 32 bits", withInitializer({ type: "constant", value: 1e39 }), "range", /initializer.value: .* got 1e\+39/],
  ["a bias initialiser of a wrong type", withDense({ biasInitializer: 0 }), "type", /biasInitializer: .* got 0/],
];

describe("Network.create refuses a spec with", () => {
  test.each(badSpecs)("%s", async (name, call, code, says) => {
    using bystander = await Network.create({ input: 2, layers: [dense(2)] });
    const before = bystander.inspect();
    await expectRefusal({ name, code, says, call }, undefined);
    expect(bystander.inspect()).toEqual(before);
  });
});

describe("a spec belongs to the network", () => {
  const spec = () => ({ input: 2, layers: [dense(3, { type: "leakyRelu", slope: 0.1 }), dense(1)], seed: 3 }) satisfies NetworkSpec;

  test("changing the object afterwards changes nothing", async () => {
    const given = spec();
    using network = await Network.create(given);
    given.layers[0]!.activation = "tanh";
    given.layers.pop();
    given.input = 5;
    using twin = await Network.create(spec());
    expect(network.predict([1, -1])).toEqual(twin.predict([1, -1]));
    expect(network.spec).toEqual(spec());
  });

  test("the network's own is frozen, so it can't be changed by accident", async () => {
    using network = await Network.create(spec());
    expect(() => { network.spec.layers[1]!.type = "activation"; }).toThrow(TypeError);
    expect(() => { (network.spec.layers as LayerSpec[]).push(dense(1)); }).toThrow(TypeError);
    expect(() => { network.spec.seed = 4; }).toThrow(TypeError);
  });

  test("frozen specs, specs of classes and specs of another network are as good", async () => {
    class Dense { type = "dense" as const; constructor(readonly units: number) {} }
    const frozen = Object.freeze({ input: 2, layers: Object.freeze([Object.freeze(dense(2))]), seed: 1 }) as NetworkSpec;
    using first = await Network.create(frozen);
    using second = await Network.create(first.spec);
    using third = await Network.create({ input: 2, layers: [new Dense(2)], seed: 1 });
    expect(second.parameters()).toEqual(first.parameters());
    expect(third.parameters()).toEqual(first.parameters());
  });

  test("a getter is asked once, so what was checked is what is used", async () => {
    let asked = 0;
    const layer = { type: "dense" as const, get units() { return ++asked === 1 ? 2 : 1e9; } };
    using network = await Network.create({ input: 2, layers: [layer] });
    expect([network.outputs, asked]).toEqual([2, 1]);
  });

  test("undefined options mean the defaults", async () => {
    const plain = { type: "dense" as const, units: 2 };
    using network = await Network.create({ input: 2, layers: [{ ...plain, bias: undefined, activation: undefined } as never], seed: undefined as never });
    using twin = await Network.create({ input: 2, layers: [plain] });
    expect(network.parameters()).toEqual(twin.parameters());
  });
});

describe("seeds", () => {
  const weights = async (seed?: number) => {
    using network = await Network.create({ input: 4, layers: [dense(4)], ...(seed === undefined ? {} : { seed }) });
    return network.parameters()["0.weight"]!.data.join();
  };

  test("above 32 bits count with all their bits", async () => {
    const seeds = [1, 2 ** 32 + 1, 2 ** 33 + 1, Number.MAX_SAFE_INTEGER];
    expect(new Set(await Promise.all(seeds.map(weights))).size).toBe(seeds.length);
  });

  test("left out, are 0", async () => {
    expect(await weights()).toBe(await weights(0));
  });
});

test("a thousand layers are a network", async () => {
  const layers = Array.from({ length: 1000 }, () => dense(2, "tanh", { initializer: "orthogonal" }));
  using network = await Network.create({ input: 2, layers });
  expect(network.predict([1, -1])).toHaveLength(2);
  expect(Object.keys(network.parameters())).toHaveLength(2000);
});
