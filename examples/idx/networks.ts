import {
  activation, adamW, batchNorm, conv2d, dense, dropout, flatten, maxPool2d, Network, oneCycle, Trainer, type LayerSpec,
} from "deltawasm";
import type { Options } from "./options";

/** A hidden layer: a bias would be taken away again by the normalisation behind it. */
function hiddenLayer(units: number, rate: number): LayerSpec[] {
  return [dense(units, "linear", { bias: false, initializer: "heNormal" }), batchNorm(), activation("relu"), dropout(rate)];
}

/** Windows of 3 × 3, of which the largest of each 2 × 2 go on: the normalisation behind it has less to do, and gives the same. */
function convolution(channels: number): LayerSpec[] {
  return [conv2d(channels, 3, "linear", { padding: "same", bias: false, initializer: "heNormal" }), maxPool2d(2), batchNorm(), activation("relu")];
}

/** The network that is asked for, for images of a shape; and in words. */
export async function createNetwork(
  { network, channels, hidden, dropout: rate, seed }: Options, shape: readonly number[], classes: number,
): Promise<{ network: Network; words: string }> {
  const isConvolutional = network === "convnet";
  const inputs = shape.reduce((product, size) => product * size, 1);
  const layers = [
    ...(isConvolutional ? [...channels.flatMap(convolution), flatten()] : []),
    ...hidden.flatMap((units) => hiddenLayer(units, rate)),
    dense(classes, "softmax"),
  ];
  const words = [
    isConvolutional ? `1 × ${shape.join(" × ")}` : `${inputs}`, ...(isConvolutional ? channels.map((count) => `3 × 3 of ${count}`) : []),
    ...hidden.map(String), `${classes} softmax`,
  ].join(" → ");
  return { network: await Network.create({ input: isConvolutional ? [1, ...shape] : inputs, layers, seed }), words };
}

/** Up to the rate in the first third of the steps, then down to almost nothing; labels that leave a little room for doubt. */
export function createTrainer(network: Network, { epochs, batchSize, learningRate, decay }: Options, images: number): Trainer {
  return new Trainer(network, {
    loss: { type: "crossEntropy", labelSmoothing: 0.1 },
    optimizer: adamW({ learningRate, weightDecay: decay }),
    schedule: oneCycle({ steps: epochs * Math.ceil(images / batchSize) }),
  });
}
