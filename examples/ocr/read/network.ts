import { readFileSync, writeFileSync } from "node:fs";
import { activation, adamW, batchNorm, conv2d, dense, dropout, flatten, type LayerSpec, maxPool2d, Network, oneCycle, Trainer } from "deltawasm";
import { Mistake } from "../../support/program";
import { FIELD } from "./normalise";
import type { Samples } from "./samples";

/** What a network was trained to read, kept in its file. */
const CLASSES_KEY = "ocr.classes";
const BATCH = 64;

/** A network with the characters that its outputs stand for. One output more, the last, is for shapes that are none of them. */
export interface Reader {
  network: Network;
  classes: string[];
}

/** Windows of 3 × 3, of which the largest of each 2 × 2 go on. */
function convolution(channels: number): LayerSpec[] {
  return [conv2d(channels, 3, "linear", { padding: "same", bias: false, initializer: "heNormal" }), maxPool2d(2), batchNorm(), activation("relu")];
}

/** A reader that has learnt nothing yet. */
export async function createReader(classes: string[], seed: number): Promise<Reader> {
  const network = await Network.create({
    input: [1, FIELD, FIELD],
    layers: [
      ...convolution(12), ...convolution(24), flatten(),
      dense(96, "linear", { bias: false, initializer: "heNormal" }), batchNorm(), activation("relu"), dropout(0.3),
      dense(classes.length + 1, "softmax"),
    ],
    seed,
  });
  network.metadata[CLASSES_KEY] = JSON.stringify(classes);
  return { network, classes };
}

/** What is told of a training while it runs. */
export interface Watch {
  onStep: (epochs: number) => void;
  onEpoch: (epoch: number, loss: number, seconds: number) => void;
}

/** Trains it: up to the learning rate in the first third of the steps, then down to almost nothing. */
export async function train({ network }: Reader, samples: Samples, epochs: number, { onStep, onEpoch }: Watch): Promise<void> {
  const trainer = new Trainer(network, {
    loss: { type: "crossEntropy", labelSmoothing: 0.01 },
    optimizer: adamW({ learningRate: 8e-3, weightDecay: 0.05 }),
    schedule: oneCycle({ steps: epochs * Math.ceil(samples.y.length / BATCH) }),
  });
  await trainer.fit(samples, {
    epochs,
    batchSize: BATCH,
    onProgress: ({ epoch, step, steps }) => onStep(epoch - 1 + step / steps),
    onEpoch: ({ epoch, loss, seconds }) => onEpoch(epoch, loss, seconds),
  });
}

export function saveReader(path: string, { network }: Reader): number {
  const file = network.save();
  writeFileSync(path, file);
  return file.length;
}

export async function loadReader(path: string): Promise<Reader> {
  const network = await Network.load(readFileSync(path));
  const classes = network.metadata[CLASSES_KEY];
  if (classes === undefined) {
    network.dispose();
    throw new Mistake(`${path}: expected a network that --save has written: this one doesn't tell which characters it reads`);
  }
  return { network, classes: JSON.parse(classes) };
}
