import { type AugmentOptions, Network, Trainer } from "../src/index";
import type { Comparison } from "./comparisons";
import { trainingCases } from "./networks";
import { epochsCase, layersOf, optimizerOf } from "./training";

const affine: AugmentOptions = { shift: 0.1, rotate: 15, scale: 0.1, shear: 10 };
/** What is done, and the most that an epoch is meant to take, in times of one without. */
const ways: { way: string; augment: AugmentOptions; network: string; target: number }[] = [
  { way: "affine", augment: affine, network: "784-128-10-b128-sgd", target: 1.35 },
  { way: "elastic", augment: { ...affine, elastic: { alpha: 34, sigma: 4 } }, network: "784-128-10-b128-sgd", target: 1.6 },
  { way: "noise", augment: { noise: 0.1 }, network: "784-128-10-b128-sgd", target: 1.7 },
  { way: "affine", augment: affine, network: "convnet-28x28-b32-sgd", target: 1.05 },
  { way: "elastic", augment: { ...affine, elastic: { alpha: 34, sigma: 4 } }, network: "convnet-28x28-b32-sgd", target: 1.05 },
];

/** Comparisons by their names, made when they are wanted: training on augmented images, against the same on images as they are. */
export const augmented: Record<string, () => Promise<Comparison>> = Object.fromEntries(ways.map(({ way, augment, network, target }) => {
  const name = `augmented-${way}-${network}`;
  const plain = trainingCases.find((c) => c.name === `train-${network}`)!;
  const create = async () => new Trainer(
    await Network.create({ input: [1, 28, 28], layers: [...(plain.convolutions ? [] : [{ type: "flatten" } as const]), ...layersOf(plain)], seed: 1 }),
    { loss: "crossEntropy", optimizer: optimizerOf(plain) },
  );
  return [name, async () => ({
    name, target,
    of: epochsCase(name, await create(), plain.sizes, plain.batchSize, { augment }),
    against: epochsCase(`${name}-plain`, await create(), plain.sizes, plain.batchSize),
  })];
}));
