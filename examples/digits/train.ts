/**
 * Trains a network to read handwritten digits, shows what it gets wrong and saves it: `npm start [-- --seed 2 --epochs 10]`.
 * In a project of your own, `npm install deltawasm cli-progress picocolors` and copy examples/digits and examples/support.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { adamW, dense, Network, Trainer } from "deltawasm";
import { confusionMatrix } from "deltawasm/metrics";
import { confusionTable } from "../support/confusion";
import { compare, drawMisreadings } from "../support/misread";
import { fileToWrite, run, wholeNumber } from "../support/program";
import { Progress } from "../support/progress";
import { colors, count, percent, seconds } from "../support/text";
import { CLASSES, PIXELS, readDigits, SIZE, split, withShifts } from "./data";

const HELP = `Trains a network to read 8×8 scans of handwritten digits.

  npm start -- [options]

  --epochs N    times that all images are gone through (default 15)
  --batch N     images of a step (default 64)
  --seed N      decides the split, the first weights and the shuffling (default 1)
  --out PATH    where the network is saved (default digits.safetensors)
  --help        this text`;

/** Misread digits that are drawn. */
const SHOWN = 8;

interface Options {
  epochs: number;
  batchSize: number;
  seed: number;
  out: string;
}

/** The options of the command line; undefined where only the help was asked for, which is then told. */
function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      epochs: { type: "string", default: "15" },
      batch: { type: "string", default: "64" },
      seed: { type: "string", default: "1" },
      out: { type: "string", default: "digits.safetensors" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    console.log(HELP);
    return undefined;
  }
  return {
    epochs: wholeNumber("--epochs", values.epochs, 1),
    batchSize: wholeNumber("--batch", values.batch, 1),
    seed: wholeNumber("--seed", values.seed, 0),
    out: fileToWrite("--out", values.out),
  };
}

async function main(): Promise<void> {
  const options = readOptions();
  if (!options) return;
  const { epochs, batchSize, seed, out } = options;
  const { training, test } = split(readDigits(), 0.2, seed);
  const shifted = withShifts(training);

  const network = await Network.create({
    input: PIXELS,
    layers: [dense(256, "relu"), dense(128, "relu"), dense(CLASSES, "softmax")],
    seed,
  });
  const learningRate = 2e-3;
  const trainer = new Trainer(network, { loss: "crossEntropy", optimizer: adamW({ learningRate, weightDecay: 0.1 }) });

  const { engine, build, parameters } = network.inspect();
  console.log(`\n ${colors.bold("deltawasm reads handwritten digits")}   ${colors.dim(`engine ${engine} ${build}, node ${process.versions.node}`)}`);
  console.log(` ${count(training.labels.length)} scans to learn from, and each half a pixel to eight sides; ${test.labels.length} to test`);
  console.log(` 64 pixels → 256 relu → 128 relu → 10 softmax: ${count(parameters)} weights and biases\n`);
  console.log(colors.dim("  epoch     loss  training      time"));

  const progress = new Progress(epochs, "epoch");
  const started = performance.now();
  let computing = 0;
  await trainer.fit({ x: shifted.pixels, y: shifted.labels }, {
    epochs,
    batchSize,
    onProgress: ({ epoch, step, steps }) => progress.update(epoch - 1 + step / steps, `${epoch}/${epochs}`),
    onEpoch: async ({ epoch, loss, seconds: time }) => {
      computing += time;
      // The rate falls in a straight line, so that the last epochs only polish.
      trainer.learningRate = learningRate * Math.max(0.02, 1 - epoch / epochs);
      const learnt = await trainer.evaluate({ x: training.pixels, y: training.labels });
      const columns = [`${epoch}/${epochs}`.padStart(7), loss.toFixed(4).padStart(8), percent(learnt.accuracy!).padStart(9), seconds(time).padStart(9)];
      progress.line(columns.join(" "));
    },
  });
  progress.stop();
  const elapsed = (performance.now() - started) / 1000;

  const { readings, misreadings } = compare(network.predict(test.pixels), test, CLASSES);
  const right = test.labels.length - misreadings.length;
  const accuracy = percent(right / test.labels.length);
  const rate = (epochs * shifted.labels.length) / computing;
  console.log(`\n ${colors.bold(colors.green(`Test accuracy ${accuracy}`))}   ${right} of ${test.labels.length} scans that it had never seen`);
  console.log(` Trained in ${seconds(elapsed)}, ${count(rate)} images a second\n`);
  console.log(confusionTable(confusionMatrix(test.labels, readings, { classes: CLASSES })).join("\n"));
  if (misreadings.length > 0) {
    const shown = misreadings.slice(0, SHOWN);
    console.log(`\n ${colors.bold("Misread")}${shown.length < misreadings.length ? `, ${shown.length} of ${misreadings.length}` : ""}\n`);
    console.log(drawMisreadings(shown, [SIZE, SIZE]).join("\n"));
  } else console.log();

  const file = network.save();
  writeFileSync(out, file);
  console.log(` Saved to ${out} (${count(file.length / 1000)} kB)`);
  network.dispose();
}

await run(main);
