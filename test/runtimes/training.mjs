/**
 * Trains networks on the digits and gives the SHA-256 of what comes out: parameters, predictions, losses. Plain JavaScript on nothing
 * but the web's own interfaces, so that every Node, every other runtime and every browser runs the same text.
 */

const PIXELS = 64;
const CLASSES = 10;

/**
 * What is trained, on how many of the rows. Together they go through every activation, loss, optimizer and initialiser; `wide` has
 * products that a team shares.
 *
 * @param library the module "deltawasm"
 * @param bytes those of examples/digits/digits.bin, decompressed
 */
function casesOf({ dense, activation }, bytes) {
  const ROWS = bytes.length / (PIXELS + 1);
  const pixels = new Float32Array(ROWS * PIXELS);
  const labels = new Uint8Array(ROWS);
  for (let n = 0; n < ROWS; n++) {
    for (let p = 0; p < PIXELS; p++) pixels[n * PIXELS + p] = bytes[n * (PIXELS + 1) + p] / 16;
    labels[n] = bytes[n * (PIXELS + 1) + PIXELS];
  }
  const oneHot = Float32Array.from({ length: ROWS * CLASSES }, (_, n) => (labels[Math.floor(n / CLASSES)] === n % CLASSES ? 1 : 0));
  /** Something to regress on: how much ink each column of pixels has. */
  const ink = Float32Array.from({ length: ROWS * 8 }, (_, n) => {
    const first = Math.floor(n / 8) * PIXELS + (n % 8);
    let sum = 0;
    for (let y = 0; y < 8; y++) sum += pixels[first + y * 8];
    return sum;
  });
  /** Each digit as 784 numbers: itself, and shifted copies of it. */
  const wide = Float32Array.from({ length: ROWS * 784 }, (_, n) => {
    const p = n % 784;
    return pixels[Math.floor(n / 784) * PIXELS + ((p + 3 * Math.floor(p / PIXELS)) % PIXELS)];
  });
  const cases = {
    digits: {
      layers: [dense(48, "relu"), dense(CLASSES, "softmax")],
      options: { loss: "crossEntropy", optimizer: "adam", l2: 1e-4 }, rows: ROWS, epochs: 8, batchSize: 32, validation: true,
    },
    sgd: {
      layers: [dense(40, "tanh", { initializer: "glorotNormal" }), dense(CLASSES, "softmax")],
      options: { loss: "crossEntropy", optimizer: { type: "sgd", learningRate: 0.1 }, l1: 1e-5, l2: 1e-4 }, rows: 401, epochs: 2, batchSize: 7,
    },
    momentum: {
      layers: [dense(33, "leakyRelu", { initializer: "heNormal" }), dense(17, "elu", { bias: false }), dense(CLASSES, "softmax")],
      options: { loss: "crossEntropy", optimizer: "momentum", clipNorm: 1 }, rows: 401, epochs: 2, batchSize: 32,
    },
    nesterov: {
      layers: [dense(24, "sigmoid", { initializer: "lecunUniform", biasInitializer: "normal" }), dense(CLASSES, "sigmoid")],
      options: { loss: "binaryCrossEntropy", optimizer: "nesterov" }, y: oneHot, rows: 401, epochs: 2, batchSize: 16,
    },
    rmsprop: {
      layers: [dense(21, "gelu", { initializer: "orthogonal" }), dense(8, "softplus")],
      options: { loss: "huber", optimizer: "rmsprop", clipValue: 0.5 }, y: ink, rows: 301, epochs: 2, batchSize: 65,
    },
    adagrad: {
      layers: [dense(19, "swish", { initializer: "uniform" }), dense(13, "geluTanh"), dense(8)],
      options: { loss: "meanSquaredError", optimizer: "adagrad" }, y: ink, rows: 301, epochs: 2, batchSize: 1,
    },
    adam: {
      layers: [dense(25, "selu", { biasInitializer: { type: "uniform", low: 0, high: 0.1 } }), dense(8, "hardSigmoid")],
      options: { loss: "meanAbsoluteError", optimizer: "adam" }, y: ink, rows: 301, epochs: 2, batchSize: 300,
    },
    adamW: {
      layers: [dense(300), activation("relu"), dense(CLASSES), activation("softmax")],
      options: { loss: "squaredError", optimizer: "adamW" }, y: oneHot, rows: 201, epochs: 2, batchSize: 67,
    },
    wide: {
      layers: [dense(128, "relu"), dense(CLASSES, "softmax")],
      options: { loss: "crossEntropy", optimizer: "adam" }, x: wide, rows: 1280, epochs: 2, batchSize: 128,
    },
  };
  for (const training of Object.values(cases)) Object.assign(training, { x: training.x ?? pixels, y: training.y ?? labels, all: ROWS });
  return cases;
}

/**
 * The digest of each case, by its name. Where there should be several threads, all are at work before the first case is.
 *
 * @param library the module "deltawasm"
 * @param bytes those of examples/digits/digits.bin, decompressed
 * @param {{ engine?: "wasm" | "reference", threads?: number, wide?: boolean }} options those of `init`
 */
export async function digests(library, bytes, { engine = "wasm", threads = 1, wide = false } = {}) {
  await library.init({ engine, threads, ...(wide ? { wide } : {}) });
  const warm = await warmTeam(library, threads);
  const results = {};
  for (const [name, training] of Object.entries(casesOf(library, bytes))) results[name] = await digestOf(library, training);
  const { threads: inTheEnd, notes } = warm.inspect();
  warm.dispose();
  if (inTheEnd !== threads) throw new Error(`there should be ${threads} threads, not ${inTheEnd}: ${notes}`);
  return results;
}

async function digestOf({ Network, Trainer }, training) {
  const { layers, options, x: inputs, y: targets, rows, epochs, batchSize, validation = false } = training;
  const network = await Network.create({ input: inputs.length / training.all, layers, seed: 1998 });
  const trainer = new Trainer(network, options);
  const x = inputs.subarray(0, rows * network.inputs);
  const data = { x, y: targets.subarray(0, (rows * targets.length) / training.all) };
  const history = await trainer.fit(data, { epochs, batchSize, ...(validation ? { validation: data } : {}) });
  const losses = history.epochs.flatMap(({ loss, validation: held }) => (held ? [loss, held.loss, held.accuracy] : [loss]));
  // Name by name: the header of a file may change while no number does.
  const parameters = Object.entries(network.parameters());
  const digest = await sha256([
    ...parameters.flatMap(([name, { shape, data: numbers }]) => [new TextEncoder().encode(`${name} [${shape}]`), numbers]),
    network.predict(x),
    Float64Array.from(losses),
  ]);
  network.dispose();
  return digest;
}

/** A network that keeps the team awake, after so much training that all its threads have come. */
export async function warmTeam({ Network, Trainer, dense }, threads) {
  const network = await Network.create({ input: 256, layers: [dense(64, "relu"), dense(8)], seed: 1 });
  const trainer = new Trainer(network, { loss: "squaredError", optimizer: "sgd" });
  const data = { x: new Float32Array(256 * 64), y: new Float32Array(8 * 64) };
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
