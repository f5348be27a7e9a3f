import { parseArgs } from "node:util";
import { fileToWrite, Mistake, wholeNumber } from "../support/program";

const HELP = `Reads handwritten digits from the picture of a page: learns from pages of scans, then reads pages
of scans that it has never seen, or a page of yours.

  npm run example:ocr -- [options]

  --page FILE         the PNG of a page to read (without it, pages are made, and judged)
  --truth FILE        the text of this page, to judge by
  --model FILE        a network that --save has written; nothing is trained then
  --save FILE         where the network is saved
  --out PREFIX        where pictures are written (default ocr: ocr-1.png, ocr-1-read.png …)
  --pages N           pages that are made to be read (default 3)
  --training-pages N  pages that are made to learn from (default 30)
  --epochs N          times that all shapes on them are gone through (default 8)
  --seed N            decides the split, the pages, the first weights and the shuffling (default 1)
  --threads N         default: one for each processor, where that is faster
  --help              this text`;

export interface Options {
  page: string | undefined;
  truth: string | undefined;
  model: string | undefined;
  save: string | undefined;
  out: string;
  pages: number;
  trainingPages: number;
  epochs: number;
  seed: number;
  threads: number | "auto";
}

/** The options of the command line; undefined where only the help was asked for, which is then told. */
export function readOptions(args: string[]): Options | undefined {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args,
    options: {
      page: text, truth: text, model: text, save: text, threads: text,
      out: { type: "string", default: "ocr" },
      pages: { type: "string", default: "3" },
      "training-pages": { type: "string", default: "30" },
      epochs: { type: "string", default: "8" },
      seed: { type: "string", default: "1" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    console.log(HELP);
    return undefined;
  }
  const { page, truth, model } = values;
  if (truth !== undefined && page === undefined) throw new Mistake("--truth: expected --page too, whose text it is");
  return {
    page,
    truth,
    model,
    save: values.save === undefined ? undefined : fileToWrite("--save", values.save),
    out: fileToWrite("--out", values.out),
    pages: wholeNumber("--pages", values.pages, 1),
    trainingPages: wholeNumber("--training-pages", values["training-pages"], 1),
    epochs: wholeNumber("--epochs", values.epochs, 1),
    seed: wholeNumber("--seed", values.seed, 0),
    threads: values.threads === undefined ? "auto" : wholeNumber("--threads", values.threads, 1),
  };
}
