// What the conformance program trains: see program.mjs.

const PIXELS = 64;
const CLASSES = 10;

/**
 * What is trained, on how many of the rows. Together they go through every activation, loss, optimizer and initialiser; `wide` has
 * products that a team shares.
 *
 * @param library the module "deltawasm"
 * @param bytes those of examples/digits/digits.bin, decompressed
 */
export function casesOf(library, bytes) {
  const {
    activation, add, alphaDropout, avgPool2d, batchNorm, concat, conv2d, cosineDecay, dense, depthwiseConv2d, dropout, embedding, flatten,
    gaussianNoise, globalAvgPool2d, graph, layerNorm, maxout, maxPool2d, oneCycle, prelu, residual,
  } = library;
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
  const weights = Float32Array.from({ length: ROWS }, (_, n) => 1 + (n % 3) / 2);
  /** Pixels as whole numbers. */
  const ink16 = Float32Array.from(pixels, (value) => value * 16);
  const { layers: branches } = graph([1, 8, 8], (image) => {
    const edges = image.to(conv2d(6, 3, "relu", { padding: "same" }));
    const small = edges.to(avgPool2d(2), conv2d(4, 1, "swish"));
    const strided = edges.to(conv2d(4, [3, 2], "tanh", { stride: 2, padding: [1, 0] }), depthwiseConv2d(3, "linear", { padding: 1, multiplier: 2 }), conv2d(4, 1));
    return add(concat(small, strided).to(globalAvgPool2d(), dense(CLASSES)), edges.to(flatten(), dense(CLASSES))).to(activation("softmax"));
  });
  const cases = {
    convolution: {
      input: [1, 8, 8],
      layers: [
        conv2d(8, 3, "linear", { padding: 1, bias: false }), batchNorm(), activation("relu"), maxPool2d(2), gaussianNoise(0.05),
        residual([conv2d(8, 3, "relu", { padding: 1, groups: 2 }), depthwiseConv2d(3, "linear", { padding: 1 })], { activation: "relu" }),
        residual([conv2d(12, 3, "linear", { padding: 1, stride: 2 })]), flatten(), dropout(0.2), dense(CLASSES, "softmax"),
      ],
      options: {
        loss: { type: "crossEntropy", labelSmoothing: 0.1 }, optimizer: "adamW", schedule: cosineDecay({ period: 20, per: "step" }), maxNorm: 2,
        classWeights: [1, 2, 1, 1, 1, 3, 1, 1, 1, 1],
      },
      rows: 301, epochs: 3, batchSize: 24, fit: { accumulate: 2 }, isStopped: true,
    },
    sequence: {
      layers: [
        embedding(17, 6), layerNorm(), dense(7, "selu"), alphaDropout(0.1), flatten(), maxout(9, 3), prelu({ parameters: "channels" }),
        dense(CLASSES, "softmax"),
      ],
      options: { loss: "crossEntropy", optimizer: "rmsprop", schedule: oneCycle({ steps: 30 }) }, x: ink16,
      rows: 301, epochs: 4, batchSize: 33, weights, validation: true, fit: { earlyStopping: { patience: 2 } }, isStopped: true,
    },
    branches: {
      input: [1, 8, 8], layers: branches, options: { loss: "crossEntropy", optimizer: "momentum", clipNorm: 1, freeze: [2] },
      rows: 301, epochs: 2, batchSize: 50,
    },
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
    augmented: {
      input: [1, 8, 8], layers: [conv2d(6, 3, "relu"), flatten(), dense(CLASSES, "softmax")], options: { loss: "crossEntropy", optimizer: "adam" },
      rows: 301, epochs: 3, batchSize: 40, isStopped: true,
      fit: {
        augment: { shift: 0.1, rotate: 20, scale: 0.1, shear: 10, elastic: { alpha: 5, sigma: 2 }, noise: 0.05, flip: "horizontal", fill: 0.1 },
      },
    },
    wide: {
      layers: [dense(128, "relu"), dense(CLASSES, "softmax")],
      options: { loss: "crossEntropy", optimizer: "adam" }, x: wide, rows: 1280, epochs: 2, batchSize: 128,
    },
  };
  for (const training of Object.values(cases)) Object.assign(training, { x: training.x ?? pixels, y: training.y ?? labels, all: ROWS });
  return cases;
}
