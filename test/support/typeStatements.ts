// Statements about types: this file must compile. A line below `@ts-expect-error` must not, so a wrong use that stopped being an
// error would be one. test/types.test.ts compiles it; nothing here is ever run.
import {
  activation, adam, adamW, type DeltawasmError, dense, type ErrorCode, gradientCheck, init, momentum, Network, type NetworkSpec,
  rmsprop, sgd, Trainer, type TrainerOptions,
} from "../../src/index";
import { Dataset } from "../../src/data/index";

/** Whether two types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
const same = <A, B>(..._proof: Same<A, B> extends true ? [] : [never]): void => undefined;

export async function networks(): Promise<void> {
  const network = await Network.create({ input: 4, layers: [dense(8, "relu"), activation("tanh"), dense(3, "softmax")], seed: 7 });
  await Network.create(JSON.parse("{}") as NetworkSpec);
  await Network.create({ input: 4, layers: [{ type: "dense", units: 3, activation: { type: "elu", alpha: 0.5 } }] });
  same<typeof network.spec, NetworkSpec>();
  same<ReturnType<typeof network.predict>, Float32Array>();
  const doubles = network.predict([1, 2, 3, 4], new Float64Array(3));
  same<typeof doubles, Float64Array<ArrayBuffer>>();
  same<ReturnType<typeof network.save>, Uint8Array<ArrayBuffer>>();

  // @ts-expect-error a network is made by create
  new Network({ input: 4, layers: [] });
  // @ts-expect-error no input
  await Network.create({ layers: [dense(3)] });
  // @ts-expect-error a misspelt option
  await Network.create({ input: 4, layers: [dense(3)], sede: 7 });
  // @ts-expect-error an input of text
  await Network.create({ input: "4", layers: [dense(3)] });
  // @ts-expect-error a layer of an unknown type
  await Network.create({ input: 4, layers: [{ type: "conv", units: 3 }] });
  // @ts-expect-error a layer that is a name
  await Network.create({ input: 4, layers: ["dense"] });
  // @ts-expect-error a forgotten await
  Network.create({ input: 4, layers: [dense(3)] }).predict([1, 2, 3, 4]);
  // @ts-expect-error a network is not changed by assignment
  network.spec = { input: 4, layers: [] };
  // @ts-expect-error text for numbers
  network.predict("1, 2, 3");
  // @ts-expect-error texts for numbers
  network.predict(["1", "2"]);
  // @ts-expect-error rows in rows in rows
  network.predict([[[1]]]);
  // @ts-expect-error big integers
  network.predict(new BigInt64Array(4));
  // @ts-expect-error bytes, not a view of them
  await Network.load(new DataView(new ArrayBuffer(8)));
  // @ts-expect-error a tensor needs its data
  network.setParameters({ "0.weight": { shape: [8, 4] } });
  network.setParameters(network.parameters());
  network.setParameters({ "0.bias": { data: [1, 2, 3] } });
}

export function layers(): void {
  dense(3);
  dense(3, "relu", { bias: false, initializer: "orthogonal", biasInitializer: { type: "constant", value: 0.1 } });
  dense(3, { type: "leakyRelu", slope: 0.2 });
  // @ts-expect-error no units
  dense();
  // @ts-expect-error an unknown activation
  dense(3, "rleu");
  // @ts-expect-error an option of another activation
  dense(3, { type: "relu", slope: 0.2 });
  // @ts-expect-error a misspelt option
  dense(3, "relu", { biass: false });
  // @ts-expect-error an unknown initialiser
  dense(3, "relu", { initializer: "xavier" });
  // @ts-expect-error an option of another initialiser
  dense(3, "relu", { initializer: { type: "normal", low: 1 } });
  // @ts-expect-error an activation is needed
  activation();
}

export async function trainers(network: Network): Promise<void> {
  const trainer = new Trainer(network, { loss: "crossEntropy", optimizer: adam({ learningRate: 1e-3 }), l2: 1e-4, clipNorm: 1 });
  new Trainer(network, { loss: { type: "huber", delta: 2 }, optimizer: "rmsprop" });
  // @ts-expect-error no loss
  new Trainer(network, {});
  // @ts-expect-error no options
  new Trainer(network);
  // @ts-expect-error an unknown loss
  new Trainer(network, { loss: "mse" });
  // @ts-expect-error an option of another loss
  new Trainer(network, { loss: { type: "meanSquaredError", delta: 2 } });
  // @ts-expect-error an unknown optimizer
  new Trainer(network, { loss: "crossEntropy", optimizer: "sdg" });
  // @ts-expect-error a misspelt option
  new Trainer(network, { loss: "crossEntropy", L2: 1e-4 });
  // @ts-expect-error the learning rate is the optimizer's
  new Trainer(network, { loss: "crossEntropy", learningRate: 1e-4 });
  // @ts-expect-error a promise of a network
  new Trainer(Network.create({ input: 1, layers: [dense(1)] }), { loss: "crossEntropy" });
  // @ts-expect-error an option of another optimizer
  sgd({ beta1: 0.9 });
  // @ts-expect-error an option of another optimizer
  momentum({ rho: 0.9 });
  // @ts-expect-error a misspelt option
  rmsprop({ learning_rate: 0.1 });
  // @ts-expect-error text for a number
  adamW({ weightDecay: "0.1" });

  const history = await trainer.fit({ x: new Float32Array(8), y: new Uint8Array(2) }, { epochs: 3, signal: AbortSignal.timeout(5) });
  same<typeof history.stopped, "completed" | "aborted" | "earlyStopped">();
  same<(typeof history.epochs)[number]["validation"], { loss: number; accuracy?: number } | undefined>();
  await trainer.fit({ x: [[1, 2, 3, 4]], y: [[0, 1, 0]] }, { onEpoch: async ({ epoch }) => { await Promise.resolve(epoch); } });
  for await (const { loss } of trainer.epochs({ x: [1], y: [1] })) same<typeof loss, number>();
  same<ReturnType<typeof trainer.step>, number>();
  // @ts-expect-error data are an object
  await trainer.fit([[1], [2]], [1, 2]);
  // @ts-expect-error no targets
  await trainer.fit({ x: [1] });
  // @ts-expect-error a misspelt option
  await trainer.fit({ x: [1], y: [1] }, { epoch: 3 });
  // @ts-expect-error a number of epochs alone
  await trainer.fit({ x: [1], y: [1] }, 3);
  // @ts-expect-error a controller for its signal
  await trainer.fit({ x: [1], y: [1] }, { signal: new AbortController() });
  // @ts-expect-error validation is a data set, not a share
  await trainer.fit({ x: [1], y: [1] }, { validation: 0.2 });
  // @ts-expect-error no targets
  trainer.step([1]);
  // @ts-expect-error steps are counted, not set
  trainer.steps = 0;
  trainer.learningRate = 0.1;
  // @ts-expect-error text for a number
  trainer.learningRate = "0.1";
  // @ts-expect-error the loss is needed
  await gradientCheck(network, { x: [1], y: [1] });
  await gradientCheck(network, { x: [1], y: [1], loss: "squaredError", samples: Infinity });
}

export async function engines(): Promise<void> {
  await init();
  await init({ engine: "reference" });
  await init({ url: new URL("https://example.org/core.wasm") });
  // @ts-expect-error an unknown engine
  await init({ engine: "webgpu" });
  // @ts-expect-error bytes are no text
  await init({ bytes: "AGFzbQ" });
}

export async function datasets(stream: AsyncIterable<{ x: number[][]; y: string[] }>, pairs: [number[], string][]): Promise<void> {
  same<ReturnType<typeof Dataset.prototype.subset>, Dataset>();
  const dataset = Dataset.from({ x: [[0, 1], [1, 0]], y: ["no", "yes"] });
  same<typeof dataset, Dataset>();
  const streamed = Dataset.from(stream, { classNames: ["no", "yes"] });
  same<typeof streamed, Promise<Dataset>>();
  Dataset.from(pairs).split({ test: 0.2 });
  Dataset.from([[[0, 1], 1], [[1, 0], 0]]);
  Dataset.from([{ x: Float32Array.of(1, 2), y: Uint8Array.of(1) }, dataset]);
  // @ts-expect-error a forgotten await
  Dataset.from(stream).split({ test: 0.2 });
  // @ts-expect-error inputs of text
  Dataset.from({ x: [["0", "1"]], y: [0] });
  // @ts-expect-error no targets
  Dataset.from({ x: [[0, 1]] });
  // @ts-expect-error rows without targets
  Dataset.from([[0, 1], [1, 0]]);
  // @ts-expect-error text
  Dataset.from("x,y");
  // @ts-expect-error a misspelt option
  Dataset.from({ x: [[0, 1]], y: [0] }, { classnames: ["no"] });
}

export function errors(error: DeltawasmError): string {
  same<typeof error.code, ErrorCode>();
  // @ts-expect-error an unknown code
  if (error.code === "oops") return "";
  // @ts-expect-error a code is only read
  error.code = "type";
  return error.message;
}

/** Specs and options are plain data: they can be kept, changed part by part, and sent as JSON. */
export function plainData(): [NetworkSpec, TrainerOptions] {
  const spec = { input: 4, layers: [dense(3, "softmax")] } satisfies NetworkSpec;
  const options: TrainerOptions = { loss: "crossEntropy" };
  options.optimizer = { type: "adam", beta1: 0.8 };
  // @ts-expect-error an optimizer that is none
  options.optimizer = { type: "adamant" };
  return [spec, options];
}
