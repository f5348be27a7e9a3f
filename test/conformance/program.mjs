/**
 * The conformance program: trains networks on the digits, stops, saves, loads, resumes and predicts, and gives the SHA-256 of what comes
 * out: parameters, predictions, losses, files. Plain JavaScript on nothing but the web's own interfaces, so that every runtime and
 * every browser runs the same text.
 */
import { casesOf } from "./cases.mjs";

/**
 * Runs it. Where there are several threads, all are at work before the first case is.
 *
 * @param library the module "deltawasm"
 * @param bytes those of examples/digits/digits.bin, decompressed
 * @param options those of `init`
 * @param {(stage: string) => void} onStage is told what comes next: a program that hangs has said where
 * @returns what `inspect` says in the end, one digest over everything, and one for each case, to find a difference by
 */
export async function conformance(library, bytes, options = {}, onStage = () => {}) {
  onStage("init");
  await library.init(options);
  const warm = await warmTeam(library, options.threads ?? 1, onStage);
  const cases = Object.entries(casesOf(library, bytes));
  const digests = {}, files = [];
  for (const [n, [name, training]] of cases.entries()) {
    onStage(`${name}, case ${n + 1} of ${cases.length}`);
    digests[name] = await digestOf(library, training, files);
  }
  digests.files = await sha256(files);
  const { engine, build, wide, threads, notes } = warm.inspect();
  warm.dispose();
  return { engine, build, wide, threads, notes, digest: await overall(digests), digests };
}

/** The one digest over those of all cases. */
export function overall(digests) {
  return sha256([new TextEncoder().encode(Object.entries(digests).map(([name, digest]) => `${name} ${digest}\n`).join(""))]);
}

/** Of one case. Its files are added to `files`. */
async function digestOf({ Network, Trainer }, training, files) {
  const { input, layers, options, x: inputs, y: targets, weights, rows, epochs, batchSize, validation = false, fit = {}, isStopped = false } = training;
  const network = await Network.create({ input: input ?? inputs.length / training.all, layers, seed: 1998 });
  let trainer = new Trainer(network, options);
  const x = inputs.subarray(0, rows * network.inputs);
  const data = {
    x, y: targets.subarray(0, (rows * targets.length) / training.all), ...(weights ? { weights: weights.subarray(0, rows) } : {}),
  };
  const how = { epochs, batchSize, ...(validation ? { validation: data } : {}), ...fit };
  const histories = [];
  if (isStopped) {
    // After the first epoch; it goes on from a file.
    const stop = new AbortController();
    histories.push(await trainer.fit(data, { ...how, signal: stop.signal, onEpoch: () => stop.abort() }));
    files.push(trainer.save());
    trainer = await Trainer.load(files.at(-1));
  }
  histories.push(await trainer.fit(data, { ...how, resume: isStopped }));
  const losses = histories.flatMap((history) => history.epochs)
    .flatMap(({ loss, validation: held }) => (held ? [loss, held.loss, held.accuracy] : [loss]));
  files.push(trainer.save(), trainer.network.save());
  const loaded = await Network.load(files.at(-1));
  // Name by name: the header of a file may change while no number does.
  const parameters = Object.entries(loaded.parameters());
  const digest = await sha256([
    ...parameters.flatMap(([name, { shape, data: numbers }]) => [new TextEncoder().encode(`${name} [${shape}]`), numbers]),
    trainer.network.predict(x),
    Float64Array.from(losses),
  ]);
  if (await sha256([loaded.predict(x)]) !== await sha256([trainer.network.predict(x)])) throw new Error("a loaded network predicts something else");
  for (const one of [loaded, trainer.network, network]) one.dispose();
  return digest;
}

/** A network that keeps the team awake, after so much training that all its threads have come. */
export async function warmTeam({ Network, Trainer, dense }, threads, onStage = () => {}) {
  onStage("the first network");
  const network = await Network.create({ input: 256, layers: [dense(64, "relu"), dense(8)], seed: 1 });
  const trainer = new Trainer(network, { loss: "squaredError", optimizer: "sgd" });
  const data = { x: new Float32Array(256 * 64), y: new Float32Array(8 * 64) };
  onStage("waking the team");
  for (const started = performance.now(); threads > 1 && performance.now() - started < 500;) await trainer.fit(data, { batchSize: 64 });
  return network;
}

/** Of all the arrays' bytes, one after another. */
export async function sha256(arrays) {
  const bytes = new Uint8Array(arrays.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const { buffer, byteOffset, byteLength } of arrays) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
