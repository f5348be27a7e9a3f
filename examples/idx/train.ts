/**
 * Trains a classifier on any images in IDX files: `npm run example:idx -- --help`.
 * In a project of your own, `npm install deltawasm cli-progress picocolors` and copy examples/idx and examples/support.
 */
import { writeFileSync } from "node:fs";
import { adam, dense, Network, Trainer } from "deltawasm";
import { confusionCounts, confusionTable } from "../support/confusion";
import { run } from "../support/program";
import { Progress } from "../support/progress";
import { colors, count, largestOf, percent, seconds } from "../support/text";
import { checkSets, readSet } from "./data";
import { readOptions } from "./options";

/** A wider confusion table has no room in a terminal. */
const MOST_CLASSES_SHOWN = 16;

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (!options) return;
  const { epochs, batchSize, hidden, learningRate, seed, out } = options;
  const training = readSet(options.trainImages, options.trainLabels);
  const test = readSet(options.testImages, options.testLabels);
  const classes = checkSets(training, test);
  const inputs = training.shape.reduce((product, size) => product * size, 1);

  const network = await Network.create({
    input: inputs,
    layers: [...hidden.map((units) => dense(units, "relu")), dense(classes, "softmax")],
    seed,
  });
  const trainer = new Trainer(network, { loss: "crossEntropy", optimizer: adam({ learningRate }) });

  const { engine, build, parameters } = network.inspect();
  console.log(`\n ${colors.bold("deltawasm sorts images")}   ${colors.dim(`engine ${engine} ${build}, node ${process.versions.node}`)}`);
  console.log(` ${count(training.labels.length)} images of ${training.shape.join(" × ")} to learn from, ${count(test.labels.length)} to test; ${classes} classes`);
  console.log(` ${[inputs, ...hidden.map((units) => `${units} relu`), `${classes} softmax`].join(" → ")}: ${count(parameters)} weights and biases\n`);
  console.log(colors.dim("  epoch     loss       time"));

  const progress = new Progress(epochs, "epoch");
  const started = performance.now();
  await trainer.fit({ x: training.pixels, y: training.labels }, {
    epochs,
    batchSize,
    onProgress: ({ epoch, step, steps }) => progress.update(epoch - 1 + step / steps, `${epoch}/${epochs}`),
    onEpoch: ({ epoch, loss, seconds: time }) => {
      // The rate falls in a straight line, so that the last epochs only polish.
      trainer.learningRate = learningRate * Math.max(0.02, 1 - epoch / epochs);
      progress.line([`${epoch}/${epochs}`.padStart(7), loss.toFixed(4).padStart(8), seconds(time).padStart(10)].join(" "));
    },
  });
  progress.stop();
  const elapsed = (performance.now() - started) / 1000;

  const outputs = network.predict(test.pixels);
  const readings = Uint8Array.from(test.labels, (_, n) => largestOf(outputs.subarray(n * classes, (n + 1) * classes)));
  const right = readings.filter((reading, n) => reading === test.labels[n]).length;
  const accuracy = percent(right / test.labels.length);
  console.log(`\n ${colors.bold(colors.green(`Test accuracy ${accuracy}`))}   ${count(right)} of ${count(test.labels.length)} images that it had never seen`);
  console.log(` Trained in ${seconds(elapsed)}, ${count((epochs * training.labels.length) / elapsed)} images a second\n`);
  if (classes <= MOST_CLASSES_SHOWN) {
    console.log(`${confusionTable(confusionCounts(test.labels, readings, classes), classes).join("\n")}\n`);
  }
  const file = network.save();
  writeFileSync(out, file);
  console.log(` Saved to ${out} (${count(file.length / 1000)} kB)`);
  network.dispose();
}

await run(main);
