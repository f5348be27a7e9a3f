/**
 * Trains a classifier on any images in IDX files: `npm run example:idx -- --help`.
 * In a project of your own, `npm install deltawasm cli-progress picocolors` and copy examples/idx and examples/support.
 */
import { writeFileSync } from "node:fs";
import { init } from "deltawasm";
import { confusionMatrix } from "deltawasm/metrics";
import { confusionTable } from "../support/confusion";
import { compare, drawMisreadings } from "../support/misread";
import { Mistake, run } from "../support/program";
import { Progress } from "../support/progress";
import { colors, count, percent, seconds } from "../support/text";
import { checkSets, firstOf, holdBack, type ImageSet, normalised, readSet, spread } from "./data";
import { createNetwork, createTrainer } from "./networks";
import { type Options, readOptions } from "./options";

/** A wider confusion table has no room in a terminal. */
const MOST_CLASSES_SHOWN = 16;
/** The share of the training images that --validate holds back. */
const HELD = 0.1;
/** Misread images that are drawn. */
const SHOWN = 6;

/** What to learn from, and what to be judged by. */
async function readSets({ trainImages, trainLabels, test, images }: Options): Promise<{ training: ImageSet; judged: ImageSet; classes: number }> {
  const all = await readSet(trainImages, trainLabels);
  const [given, judged] = test ? [all, await readSet(test.images, test.labels)] : holdBack(all, HELD);
  const training = firstOf(given, images);
  return { training, judged, classes: checkSets(training, judged) };
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (!options) return;
  const { epochs, batchSize, augment, out } = options;
  const { training, judged, classes } = await readSets(options);
  const { shape } = training;
  if (options.network === "convnet" && shape.length !== 2) {
    throw new Mistake(`--network convnet: expected images of a height and a width, got images of ${shape.join(" × ")}`);
  }
  const { mean, deviation } = spread(training);

  await init({ threads: options.threads });
  const { network, words } = await createNetwork(options, shape, classes);
  const trainer = createTrainer(network, options, training.labels.length);

  const kind = options.test ? "test" : "validation";
  const { engine, build, parameters, threads } = network.inspect();
  const runs = `engine ${engine} ${build}, ${threads} ${threads === 1 ? "thread" : "threads"}, node ${process.versions.node}`;
  console.log(`\n ${colors.bold("deltawasm sorts images")}   ${colors.dim(runs)}`);
  console.log(` ${count(training.labels.length)} images of ${shape.join(" × ")} to learn from, ${count(judged.labels.length)} for the ${kind}; ${classes} classes`);
  console.log(` ${words}: ${count(parameters)} weights and biases`);
  console.log(` pixels from 0 to 1, less ${mean.toFixed(4)}, divided by ${deviation.toFixed(4)}\n`);
  console.log(colors.dim(`  epoch     loss       time${options.test ? "" : "  validation"}`));

  const progress = new Progress(epochs, "epoch");
  const started = performance.now();
  const validation = { x: normalised(judged, { mean, deviation }), y: judged.labels };
  const { epochs: reports } = await trainer.fit({ x: normalised(training, { mean, deviation }), y: training.labels }, {
    epochs,
    batchSize,
    // Outside an image there is nothing: a pixel of 0, normalised as all are.
    ...(augment ? { augment: { shape: [1, ...shape], fill: -mean / deviation, ...augment } } : {}),
    // The test images are looked at once, at the end.
    ...(options.test ? {} : { validation }),
    onProgress: ({ epoch, step, steps }) => progress.update(epoch - 1 + step / steps, `${epoch}/${epochs}`),
    onEpoch: ({ epoch, loss, seconds: time, validation: seen }) => {
      const accuracy = seen ? percent(seen.accuracy!).padStart(11) : "";
      progress.line([`${epoch}/${epochs}`.padStart(7), loss.toFixed(4).padStart(8), seconds(time).padStart(10), accuracy].join(" ").trimEnd());
    },
  });
  progress.stop();
  const outputs = network.predict(validation.x);
  const elapsed = (performance.now() - started) / 1000;

  const { readings, misreadings } = compare(outputs, judged, classes);
  const right = judged.labels.length - misreadings.length;
  const accuracy = percent(right / judged.labels.length);
  const computing = reports.reduce((sum, report) => sum + report.seconds, 0);
  const title = `${kind === "test" ? "Test" : "Validation"} accuracy ${accuracy}`;
  console.log(`\n ${colors.bold(colors.green(title))}   ${count(right)} of ${count(judged.labels.length)} images that it had never seen`);
  console.log(` Trained and judged in ${seconds(elapsed)}, ${count((epochs * training.labels.length) / computing)} images a second\n`);

  const nameOf = (label: number) => options.names[label] ?? String(label);
  if (classes <= MOST_CLASSES_SHOWN) {
    console.log(`${confusionTable(confusionMatrix(judged.labels, readings, { classes })).join("\n")}\n`);
    if (options.names.length > 0) console.log(` ${Array.from({ length: classes }, (_, label) => `${label} ${nameOf(label)}`).join(", ")}\n`);
  }
  // The surest ones say most: about the network, or about the labels.
  const surest = [...misreadings].sort((a, b) => b.confidence - a.confidence).slice(0, SHOWN);
  const drawn = shape.length === 2 ? drawMisreadings(surest, shape, nameOf) : [];
  if (drawn.length > 0) console.log(` ${colors.bold("Misread")}, the surest ${surest.length} of ${count(misreadings.length)}\n\n${drawn.join("\n")}`);

  const file = network.save();
  writeFileSync(out, file);
  console.log(` Saved to ${out} (${count(file.length / 1000)} kB)`);
  network.dispose();
}

await run(main);
