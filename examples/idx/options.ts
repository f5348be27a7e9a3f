import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { fileToWrite, Mistake, wholeNumber } from "../support/program";

const HELP = `Trains a classifier on images in IDX files, such as MNIST and Fashion-MNIST, plain or gzip.

  npm run example:idx -- --train-images PATH --train-labels PATH --test-images PATH --test-labels PATH [options]

  --epochs N      times that all images are gone through (default 8)
  --batch N       images of a step (default 64)
  --hidden N,N    units of each hidden layer (default 256,128); 0 for none
  --rate X        Adam's learning rate at the start (default 0.001)
  --seed N        decides the first weights and the shuffling (default 1)
  --out PATH      where the network is saved (default idx.safetensors)
  --help          this text`;

export interface Options {
  trainImages: string;
  trainLabels: string;
  testImages: string;
  testLabels: string;
  epochs: number;
  batchSize: number;
  hidden: number[];
  learningRate: number;
  seed: number;
  out: string;
}

/** The options of the command line; undefined where only the help was asked for, which is then told. */
export function readOptions(args: string[]): Options | undefined {
  const { values } = parseArgs({
    args,
    options: {
      "train-images": { type: "string" },
      "train-labels": { type: "string" },
      "test-images": { type: "string" },
      "test-labels": { type: "string" },
      epochs: { type: "string", default: "8" },
      batch: { type: "string", default: "64" },
      hidden: { type: "string", default: "256,128" },
      rate: { type: "string", default: "0.001" },
      seed: { type: "string", default: "1" },
      out: { type: "string", default: "idx.safetensors" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    console.log(HELP);
    return undefined;
  }
  const path = (name: "train-images" | "train-labels" | "test-images" | "test-labels") => {
    const value = values[name];
    if (!value) throw new Mistake(`--${name}: expected the path of an IDX file; --help tells more`);
    return resolve(value);
  };
  const learningRate = Number(values.rate);
  if (!(learningRate > 0 && learningRate <= 10)) throw new Mistake(`--rate: expected a number above 0, at most 10, got "${values.rate}"`);
  return {
    trainImages: path("train-images"),
    trainLabels: path("train-labels"),
    testImages: path("test-images"),
    testLabels: path("test-labels"),
    epochs: wholeNumber("--epochs", values.epochs, 1),
    batchSize: wholeNumber("--batch", values.batch, 1),
    hidden: values.hidden === "0" ? [] : values.hidden.split(",").map((units) => wholeNumber("--hidden", units.trim(), 1)),
    learningRate,
    seed: wholeNumber("--seed", values.seed, 0),
    out: fileToWrite("--out", values.out),
  };
}
