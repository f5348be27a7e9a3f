import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { AugmentOptions } from "deltawasm";
import { fileToWrite, Mistake, wholeNumber } from "../support/program";

/** What is taken where an option is not given: chosen on Fashion-MNIST, by --validate. */
const defaults = {
  mlp: { channels: "0", hidden: "256,128", epochs: "14", batch: "256", rate: "0.012", dropout: "0.15", decay: "0.05" },
  convnet: { channels: "16,32", hidden: "128", epochs: "6", batch: "128", rate: "0.01", dropout: "0.4", decay: "0.05" },
};
type Kind = keyof typeof defaults;

const both = (name: keyof (typeof defaults)[Kind]) => `default ${defaults.mlp[name]}, for a convnet ${defaults.convnet[name]}`;

const HELP = `Trains a classifier on images in IDX files, such as MNIST and Fashion-MNIST, plain or gzip.

  npm run example:idx -- --train-images PATH --train-labels PATH --test-images PATH --test-labels PATH [options]

  --network NAME    mlp: dense layers (default); convnet: convolutions in front of them
  --hidden N,N      units of each hidden dense layer (${both("hidden")}); 0 for none
  --channels N,N    channels of each convolution of a convnet (default ${defaults.convnet.channels})
  --epochs N        times that all images are gone through (${both("epochs")})
  --batch N         images of a step (${both("batch")})
  --rate X          AdamW's largest learning rate (${both("rate")})
  --dropout X       share of hidden numbers that are dropped (${both("dropout")})
  --decay X         AdamW's weight decay (default ${defaults.mlp.decay})
  --augment JSON    what becomes of each image before it is learned from, as the library's AugmentOptions:
                    '{ "shift": 0.1, "rotate": 10, "flip": "horizontal" }'
  --images N        learns from the first N images alone
  --validate        for choosing options: holds a tenth of the training images back and judges by
                    these; test images are not read
  --names A,B,C     what the classes are called
  --threads N       default: one for each processor, where that is faster
  --seed N          decides the first weights, the shuffling and what is dropped (default 1)
  --out PATH        where the network is saved (default idx.safetensors)
  --help            this text`;

export interface Options {
  trainImages: string;
  trainLabels: string;
  /** Undefined where validation images stand for them. */
  test: { images: string; labels: string } | undefined;
  network: Kind;
  channels: number[];
  hidden: number[];
  epochs: number;
  batchSize: number;
  learningRate: number;
  dropout: number;
  decay: number;
  augment: AugmentOptions | undefined;
  /** Undefined where it learns from all. */
  images: number | undefined;
  names: string[];
  threads: number | "auto";
  seed: number;
  out: string;
}

/** The options of the command line; undefined where only the help was asked for, which is then told. */
export function readOptions(args: string[]): Options | undefined {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args,
    options: {
      "train-images": text, "train-labels": text, "test-images": text, "test-labels": text,
      network: { type: "string", default: "mlp" },
      hidden: text, channels: text, epochs: text, batch: text, rate: text, dropout: text, decay: text, augment: text, images: text, names: text,
      threads: text,
      validate: { type: "boolean", default: false },
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
  const { network } = values;
  if (network !== "mlp" && network !== "convnet") throw new Mistake(`--network: expected mlp or convnet, got "${network}"`);
  const given = { ...defaults[network], ...Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) };
  return {
    trainImages: path("train-images"),
    trainLabels: path("train-labels"),
    test: values.validate ? undefined : { images: path("test-images"), labels: path("test-labels") },
    network,
    channels: wholeNumbers("--channels", given.channels),
    hidden: wholeNumbers("--hidden", given.hidden),
    epochs: wholeNumber("--epochs", given.epochs, 1),
    batchSize: wholeNumber("--batch", given.batch, 1),
    learningRate: numberIn("--rate", given.rate, "above 0, at most 10", (rate) => rate > 0 && rate <= 10),
    dropout: numberIn("--dropout", given.dropout, "from 0, below 1", (share) => share >= 0 && share < 1),
    decay: numberIn("--decay", given.decay, "from 0 to 1", (decay) => decay >= 0 && decay <= 1),
    augment: values.augment === undefined ? undefined : json("--augment", values.augment),
    images: values.images === undefined ? undefined : wholeNumber("--images", values.images, 1),
    names: values.names === undefined ? [] : values.names.split(",").map((name) => name.trim()),
    threads: values.threads === undefined ? "auto" : wholeNumber("--threads", values.threads, 1),
    seed: wholeNumber("--seed", values.seed, 0),
    out: fileToWrite("--out", values.out),
  };
}

/** An object; what it holds is checked by the library. */
function json(name: string, text: string): AugmentOptions {
  const mistake = new Mistake(`${name}: expected JSON such as '{ "rotate": 10 }', got '${text}'`);
  if (!text.trim().startsWith("{")) throw mistake;
  try {
    return JSON.parse(text) as AugmentOptions;
  } catch {
    throw mistake;
  }
}

/** Whole numbers with commas between; none where it is 0. */
function wholeNumbers(name: string, text: string): number[] {
  return text === "0" ? [] : text.split(",").map((part) => wholeNumber(name, part.trim(), 1));
}

function numberIn(name: string, text: string, range: string, isIn: (value: number) => boolean): number {
  const value = text.trim() === "" ? NaN : Number(text);
  if (!isIn(value)) throw new Mistake(`${name}: expected a number ${range}, got "${text}"`);
  return value;
}
