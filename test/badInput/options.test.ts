import { describe, expect, test } from "vitest";
import {
  activation, conv2d, dense, type FitOptions, gradientCheck, type GradientCheckBatch, Network, type NetworkSpec, type OptimizerOption, Trainer,
  type TrainerOptions,
} from "../../src/index";
import { expectHarmlessRefusal, type Refusal, spec, type Subject, x, y } from "../support/refusals";

type Row = [what: string, value: unknown, code: Refusal["code"], says: RegExp];

/** Each row is an argument of one call, which must be refused without a trace. */
function refuses(title: string, call: (subject: Subject, value: never) => unknown, rows: Row[]): void {
  describe(`${title}:`, () => {
    test.each(rows)("%s", async (name, value, code, says) => {
      await expectHarmlessRefusal({ name, code, says, call: (subject) => call(subject, value as never) });
    });
  });
}

refuses("a trainer refuses a network that is", (_subject, network: Network) => new Trainer(network, { loss: "crossEntropy" }), [
  ["undefined", undefined, "type", /^network: expected a Network, got undefined/],
  ["a spec", spec, "type", /^network: .* got an object/],
  ["a promise: a forgotten await", Network.create(spec), "type", /^network: .* got an object of type Promise/],
]);

const loss = "crossEntropy";
refuses("a trainer refuses options:", ({ network }, options: TrainerOptions) => new Trainer(network, options), [
  ["none", undefined, "type", /^options: expected an object, got undefined/],
  ["null", null, "type", /^options: .* got null/],
  ["text", "crossEntropy", "type", /^options: .* got "crossEntropy"/],
  ["a map", new Map([["loss", loss]]), "type", /^options: .* got an object of type Map/],
  ["no loss", {}, "type", /^options.loss: expected one of squaredError, .* got undefined/],
  ["an unknown loss", { loss: "mse" }, "unknown", /^options.loss: .* got "mse"/],
  ["a loss that objects inherit", { loss: "toString" }, "unknown", /^options.loss: .* got "toString"/],
  ["a loss by its code", { loss: 5 }, "type", /^options.loss: .* got 5/],
  ["a loss without a type", { loss: { delta: 1 } }, "type", /^options.loss.type: .* got undefined/],
  ["an option of another loss", { loss: { type: "meanSquaredError", delta: 1 } }, "unknown", /^options.loss.delta: no such option/],
  ["huber with delta 0", { loss: { type: "huber", delta: 0 } }, "range", /^options.loss.delta: .* greater than 0 .* got 0/],
  ["huber with delta NaN", { loss: { type: "huber", delta: NaN } }, "range", /^options.loss.delta: .* got NaN/],
  ["a loss that the last activation does not fit", { loss: "binaryCrossEntropy" }, "conflict", /^options.loss: binaryCrossEntropy needs a network that ends with sigmoid, this one ends with softmax/],
  ["a misspelt option", { loss, learningRate: 0.1 }, "unknown", /^options.learningRate: no such option; there are loss, optimizer/],
  ["__proto__", JSON.parse('{"loss":"crossEntropy","__proto__":{}}'), "unknown", /^options.__proto__: no such option/],
  ["an unknown optimizer", { loss, optimizer: "sdg" }, "unknown", /^options.optimizer: expected one of sgd, .* got "sdg"/],
  ["an optimizer that objects inherit", { loss, optimizer: { type: "hasOwnProperty" } }, "unknown", /^options.optimizer.type: .* got "hasOwnProperty"/],
  ["the function of an optimizer", { loss, optimizer: () => "sgd" }, "type", /^options.optimizer: .* got a function/],
  ["an optimizer in an array", { loss, optimizer: ["adam"] }, "type", /^options.optimizer.type: .* got undefined/],
  ["an optimizer that is null", { loss, optimizer: { type: null } }, "type", /^options.optimizer.type: .* got null/],
  ["an option of another optimizer", { loss, optimizer: { type: "sgd", beta1: 0.9 } }, "unknown", /^options.optimizer.beta1: no such option; there are type, learningRate/],
  ["learning rate 0", { loss, optimizer: { type: "sgd", learningRate: 0 } }, "range", /^options.optimizer.learningRate: .* greater than 0 .* got 0/],
  ["a negative learning rate", { loss, optimizer: { type: "adam", learningRate: -1 } }, "range", /learningRate: .* got -1/],
  ["an infinite learning rate", { loss, optimizer: { type: "adam", learningRate: Infinity } }, "range", /learningRate: .* got Infinity/],
  ["a learning rate as text", { loss, optimizer: { type: "adam", learningRate: "0.1" } }, "type", /learningRate: .* got "0.1"/],
  ["beta1 1", { loss, optimizer: { type: "adam", beta1: 1 } }, "range", /beta1: .* at least 0 and less than 1, got 1/],
  ["a negative momentum", { loss, optimizer: { type: "momentum", momentum: -0.1 } }, "range", /momentum: .* got -0.1/],
  ["epsilon 0", { loss, optimizer: { type: "adagrad", epsilon: 0 } }, "range", /epsilon: .* at least 1e-30 .* got 0/],
  ["weight decay above 1", { loss, optimizer: { type: "adamW", weightDecay: 1.5 } }, "range", /weightDecay: .* got 1.5/],
  ["a negative l2", { loss, l2: -1e-4 }, "range", /^options.l2: expected a finite number at least 0 .* got -0.0001/],
  ["l1 NaN", { loss, l1: NaN }, "range", /^options.l1: .* got NaN/],
  ["l2 as an object", { loss, l2: { valueOf: () => 1 } }, "type", /^options.l2: .* got an object/],
  ["null for l2", { loss, l2: null }, "type", /^options.l2: .* got null/],
  ["null for the optimizer", { loss, optimizer: null }, "type", /^options.optimizer: .* got null/],
  ["null for beta1", { loss, optimizer: { type: "adam", beta1: null } }, "type", /^options.optimizer.beta1: .* got null/],
  ["null for delta", { loss: { type: "huber", delta: null } }, "type", /^options.loss.delta: .* got null/],
  ["clipNorm 0", { loss, clipNorm: 0 }, "range", /^options.clipNorm: .* greater than 0 .* got 0/],
  ["clipValue as text", { loss, clipValue: "1" }, "type", /^options.clipValue: .* got "1"/],
]);

refuses("the learning rate refuses", ({ trainer }, rate: number) => { trainer.learningRate = rate; }, [
  ["0", 0, "range", /^learningRate: .* got 0/],
  ["NaN", NaN, "range", /^learningRate: .* got NaN/],
  ["Infinity", Infinity, "range", /^learningRate: .* got Infinity/],
  ["text", "0.1", "type", /^learningRate: .* got "0.1"/],
  ["null", null, "type", /^learningRate: .* got null/],
]);

refuses("fit refuses options:", ({ trainer }, options: FitOptions) => trainer.fit({ x, y }, options), [
  ["null", null, "type", /^options: expected an object, got null/],
  ["a number of epochs alone", 20, "type", /^options: .* got 20/],
  ["an array", [{ epochs: 1 }], "type", /^options: .* got an array of 1/],
  ["a map", new Map(), "type", /^options: .* got an object of type Map/],
  ["a misspelt option", { epoch: 3 }, "unknown", /^options.epoch: no such option; there are epochs, batchSize/],
  ["__proto__", JSON.parse('{"__proto__":{"epochs":3}}'), "unknown", /^options.__proto__: no such option/],
  ["0 epochs", { epochs: 0 }, "range", /^options.epochs: expected a whole number, at least 1, got 0/],
  ["fractional epochs", { epochs: 1.5 }, "range", /^options.epochs: .* got 1.5/],
  ["endless epochs", { epochs: Infinity }, "range", /^options.epochs: .* got Infinity/],
 ["null epochs", { epochs: null }, "type", /^options.epochs: .* got null/],
  ["null for shuffle", { shuffle: null }, "type", /^options.shuffle: .* got null/],
  ["epochs as text", { epochs: "3" }, "type", /^options.epochs: .* got "3"/],
  ["batch size 0", { batchSize: 0 }, "range", /^options.batchSize: expected a whole number from 1 to 1048576, got 0/],
  ["a negative batch size", { batchSize: -8 }, "range", /^options.batchSize: .* got -8/],
  ["a huge batch size", { batchSize: 2 ** 20 + 1 }, "range", /^options.batchSize: .* got 1048577/],
  ["a batch size that is NaN", { batchSize: NaN }, "range", /^options.batchSize: .* got NaN/],
  ["shuffle 1", { shuffle: 1 }, "type", /^options.shuffle: expected true or false, got 1/],
  ["a signal that is a controller", { signal: new AbortController() }, "type", /^options.signal: expected an AbortSignal, got an object of type AbortController/],
  ["a signal that is null", { signal: null }, "type", /^options.signal: .* got null/],
  ["onEpoch that is no function", { onEpoch: {} }, "type", /^options.onEpoch: expected a function, got an object/],
  ["onProgress that is no function", { onProgress: "log" }, "type", /^options.onProgress: .* got "log"/],
  ["validation that is null", { validation: null }, "type", /^options.validation: expected \{ x, y \}, an iterable .* got null/],
  ["validation that is a share", { validation: 0.2 }, "type", /^options.validation: .* got 0.2/],
]);

refuses("fit refuses data:", ({ trainer }, data: { x: number[]; y: number[] }) => trainer.fit(data), [
  ["none", undefined, "type", /^data: expected \{ x, y \}, an iterable of such batches, or a function that gives one, got undefined/],
  ["null", null, "type", /^data: .* got null/],
  ["a pair", [x, y], "type", /^data\[0\]: expected \{ x, y \}, got an array of 4/],
  ["x alone", { x }, "type", /^data.y: .* got undefined/],
  ["y alone", { y }, "type", /^data.x: .* got undefined/],
  ["a promise", Promise.resolve({ x, y }), "type", /^data: .* got an object of type Promise/],
]);

refuses("gradientCheck refuses", ({ network }, batch: GradientCheckBatch) => gradientCheck(network, batch), [
  ["no batch", undefined, "type", /^batch: expected an object, got undefined/],
  ["no loss", { x, y }, "type", /^batch.loss: .* got undefined/],
  ["a misspelt option", { x, y, loss, sample: 3 }, "unknown", /^batch.sample: no such option/],
  ["0 samples", { x, y, loss, samples: 0 }, "range", /^batch.samples: .* got 0/],
  ["null samples", { x, y, loss, samples: null }, "type", /^batch.samples: .* got null/],
  ["fractional samples", { x, y, loss, samples: 1.5 }, "range", /^batch.samples: .* got 1.5/],
  ["a loss that does not fit", { x, y, loss: "binaryCrossEntropy" }, "conflict", /^batch.loss: binaryCrossEntropy needs/],
]);

refuses("gradientCheck refuses a network:", (_subject, network: Network) => gradientCheck(network, { x, y, loss }), [
  ["null", null, "type", /^network: expected a Network, got null/],
]);

const weight = (data: unknown, shape?: unknown) => ({ "0.weight": { data, ...(shape === undefined ? {} : { shape }) } });
const numbers = new Float32Array(15);
refuses("setParameters refuses", ({ network }, tensors: never) => network.setParameters(tensors), [
  ["undefined", undefined, "type", /^parameters: expected an object of named tensors, got undefined/],
  ["null", null, "type", /^parameters: .* got null/],
  ["an array", [numbers], "type", /^parameters: .* got an array of 1/],
  ["a map", new Map([["0.weight", { data: numbers }]]), "type", /^parameters: .* got an object of type Map/],
  ["an unknown name", { "2.weight": { data: numbers } }, "unknown", /^parameters: no parameter is named "2.weight"; there are 0.weight, 1.weight, 0.bias, 1.bias/],
  ["a name that objects inherit", { toString: { data: numbers } }, "unknown", /no parameter is named "toString"/],
  ["__proto__ as a name", JSON.parse('{"__proto__":{"data":[1]}}'), "unknown", /no parameter is named "__proto__"/],
  ["null for a tensor", { "0.weight": null }, "type", /^parameters\["0.weight"\]: expected \{ shape, data \}, got null/],
  ["an array for a tensor", { "0.weight": numbers }, "type", /^parameters\["0.weight"\]: .* got Float32Array of 15|an object of type/],
  ["no data", { "0.weight": {} }, "type", /^parameters\["0.weight"\].data: expected an array of 15 numbers, got undefined/],
  ["text for data", weight("123456789012345"), "type", /\.data: .* got "123456789012345"/],
  ["too few numbers", weight(new Float32Array(14)), "shape", /: expected \[5, 3\], 15 numbers, got \[5, 3\], 14 numbers/],
  ["rows", weight([[1, 2, 3], [1, 2, 3], [1, 2, 3], [1, 2, 3], [1, 2, 3]]), "shape", /: expected \[5, 3\], 15 numbers, got \[5, 3\], 5 numbers/],
  ["a turned shape", weight(numbers, [3, 5]), "shape", /: expected \[5, 3\], 15 numbers, got \[3, 5\], 15 numbers/],
  ["a flat shape", weight(numbers, [15]), "shape", /got \[15\], 15 numbers/],
  ["a number for a shape", weight(numbers, 15), "type", /\.shape: expected \[5, 3\], got 15/],
  ["a shape of texts", weight(numbers, ["5", "3"]), "shape", /got \["5", "3"\], 15 numbers/],
  ["NaN", weight([...numbers].fill(NaN, 14)), "nonFinite", /\.data: expected finite numbers, got NaN at 14/],
  ["a number beyond 32 bits", weight([...numbers].fill(1e39, 3, 4)), "nonFinite", /got 1e\+39, which is beyond a 32-bit float, at 3/],
  ["text for a number", weight([...numbers.subarray(1), "1"]), "type", /\.data: expected a number, got "1" at 14/],
  ["a hole", weight(Object.assign(new Array(15).fill(1), { length: 14 }).concat(new Array(1))), "type", /got undefined at 14/],
  ["a good tensor beside a bad one", { "0.bias": { data: [1, 2, 3, 4, 5] }, "1.bias": { data: [1, 2] } }, "shape", /^parameters\["1.bias"\]/],
]);

test("an error in options comes before any memory is taken", async () => {
  using network = await Network.create(spec);
  const { memory } = network.inspect();
  expect(() => new Trainer(network, { loss: "crossEntropy", optimizer: "sdg" as OptimizerOption })).toThrow();
  expect(network.inspect().memory).toBe(memory);
});

test("crossEntropy over one output is a conflict that names the way out", async () => {
  using network = await Network.create({ input: 1, layers: [dense(1, "softmax")] });
  expect(() => new Trainer(network, { loss: "crossEntropy" })).toThrow(/at least 2 outputs.*use binaryCrossEntropy with dense\(1, "sigmoid"\)/);
});

test.each<[string, NetworkSpec]>([
  ["a sequence", { input: [4, 2], layers: [dense(3, "softmax")] }],
  ["an image", { input: [2, 3, 1], layers: [conv2d(3, 1), activation("softmax")] }],
])("crossEntropy over the points of %s, each of which has a softmax of its own, is a conflict", async (_, points) => {
  using network = await Network.create(points);
  expect(() => new Trainer(network, { loss: "crossEntropy" })).toThrow(/^options.loss: crossEntropy needs one softmax over all outputs.*flatten\(\) and dense\(classes, "softmax"\) after it/);
  expect(() => new Trainer(network, { loss: "meanSquaredError" })).not.toThrow();
});

test("new Network names the way to make one", () => {
  expect(() => new (Network as unknown as new (given: unknown) => Network)(spec)).toThrow(/by await Network.create\(spec\), not by new/);
});
