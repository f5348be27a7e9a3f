/**
 * Reads handwritten digits from the picture of a page: `npm run example:ocr -- --help`.
 * In a project of your own, `npm install deltawasm pngjs cli-progress picocolors` and copy examples/ocr, examples/digits and examples/support.
 */
import { readFileSync } from "node:fs";
import { init } from "deltawasm";
import { CLASSES, type Images, readDigits, split } from "../digits/data";
import { Mistake, run } from "../support/program";
import { Progress } from "../support/progress";
import { colors, count, percent, seconds } from "../support/text";
import { type Options, readOptions } from "./options";
import { AMBER, GREEN, RED, writeAnnotatedPng } from "./page/annotate";
import { type Grey, readPng, writeGreyPng } from "./page/image";
import { renderPage } from "./page/render";
import { createReader, loadReader, type Reader, saveReader, train } from "./read/network";
import { type Character, readPage } from "./read/read";
import { samplesOf } from "./read/samples";
import { align, type Aligned, isRight, scoreOf } from "./read/score";
import { isUnsure, showConfusions, showPairs, showScore, showText, SURE } from "./show";

/** The share of the scans that no network learns from. */
const HELD = 0.2;
/** Pages to be read are others than those to learn from, whatever the seed. */
const UNSEEN = 1e9;

/** A network that reads: from a file, or trained now. */
async function readerFor({ model, seed, trainingPages, epochs }: Options, scans: Images): Promise<Reader> {
  if (model !== undefined) return loadReader(model);
  const reader = await createReader([...Array(CLASSES).keys()].map(String), seed);
  const { parameters, engine, build, threads } = reader.network.inspect();
  console.log(colors.dim(` engine ${engine} ${build}, ${threads} ${threads === 1 ? "thread" : "threads"}, node ${process.versions.node}`));
  const started = performance.now();
  const writing = new Progress(trainingPages, "page");
  const samples = await samplesOf(scans, CLASSES, trainingPages, seed, (page) => writing.update(page, `${page}/${trainingPages}`));
  writing.stop();
  console.log(` ${count(samples.y.length)} shapes to learn from, on ${trainingPages} pages written with ${count(scans.labels.length)} scans`);
  console.log(` 1 × 20 × 20 → 3 × 3 of 12 → 3 × 3 of 24 → 96 → ${CLASSES + 1} softmax: ${count(parameters)} weights and biases\n`);
  console.log(colors.dim("  epoch     loss       time"));
  const progress = new Progress(epochs, "epoch");
  await train(reader, samples, epochs, {
    onStep: (done) => progress.update(done, `${Math.min(epochs, Math.floor(done) + 1)}/${epochs}`),
    onEpoch: (epoch, loss, time) => progress.line([`${epoch}/${epochs}`.padStart(7), loss.toFixed(4).padStart(8), seconds(time).padStart(10)].join(" ")),
  });
  progress.stop();
  console.log(`\n Trained in ${seconds((performance.now() - started) / 1000)}, writing the pages included`);
  return reader;
}

/** What stands on the picture of a page, and how long it took to read. */
function readImage(reader: Reader, path: string, image: Grey): { read: Character[]; time: string } {
  const started = performance.now();
  const read = readPage(reader, image);
  if (read.length === 0) throw new Mistake(`${path}: no characters found on ${image.width} × ${image.height} pixels`);
  return { read, time: seconds((performance.now() - started) / 1000) };
}

function annotate(path: string, image: Grey, read: readonly Character[], pairs?: readonly Aligned<Character>[]): void {
  const wrong = new Set(pairs?.filter((pair) => !isRight(pair)).map(([, character]) => character));
  const colorOf = (character: Character) => (wrong.has(character) ? RED : isUnsure(character) ? AMBER : GREEN);
  writeAnnotatedPng(path, image, read.flatMap((character) => (
    character.shape ? [{ box: character.shape, text: character.text, color: colorOf(character) }] : []
  )));
}

/** Pages of scans that the network has never seen, written as PNG files, read from them, and judged. */
function readRenderedPages(reader: Reader, { out, pages, seed }: Options, scans: Images): void {
  const all: Aligned<Character>[] = [];
  const accuracies: number[] = [];
  for (let n = 1; n <= pages; n++) {
    const path = `${out}-${n}.png`;
    const { image: written, text } = renderPage(scans, UNSEEN + seed * 1000 + n);
    writeGreyPng(path, written);
    // From here on as a page of the user.
    const image = readPng(path);
    const { read, time } = readImage(reader, path, image);
    const pairs = align(text.join("\n"), read);
    annotate(`${out}-${n}-read.png`, image, read, pairs);
    const score = scoreOf(pairs);
    console.log(`\n ${colors.bold(`Page ${n}`)}   ${path}, ${image.width} × ${image.height}, read in ${time}\n`);
    console.log(showPairs(pairs).join("\n"));
    console.log(`\n Page ${n}: ${showScore(score)}`);
    all.push(...pairs);
    accuracies.push(score.accuracy);
  }
  console.log(`\n ${colors.bold(colors.green(`Character accuracy ${showScore(scoreOf(all))}`))}`);
  console.log(` ${count(scans.labels.length)} scans that it had never seen; the worst page ${percent(Math.min(...accuracies))}\n`);
  console.log(showConfusions(all, reader.classes).join("\n"));
  console.log(`\n Pages with what was read: ${out}-1-read.png${pages > 1 ? ` to ${out}-${pages}-read.png` : ""}`);
}

/** A page of the user. */
function readOwnPage(reader: Reader, page: string, image: Grey, text: string | undefined, out: string): void {
  const { read, time } = readImage(reader, page, image);
  const pairs = text === undefined ? undefined : align(text, read);
  annotate(`${out}-read.png`, image, read, pairs);
  console.log(`\n ${colors.bold("Read")}   ${page}, ${image.width} × ${image.height}, in ${time}\n`);
  console.log((pairs ? showPairs(pairs) : showText(read)).join("\n"));
  const drawn = read.filter(({ shape }) => shape);
  console.log(`\n ${count(drawn.length)} characters, ${count(drawn.filter(isUnsure).length)} of which it is less than ${percent(SURE)} sure`);
  if (pairs) console.log(` ${colors.bold(`Character accuracy ${showScore(scoreOf(pairs))}`)}`);
  console.log(` The page with what was read: ${out}-read.png`);
}

/** The lines of a text that say something, with one space between words. */
function textOf(path: string): string {
  const lines = readFileSync(path, "utf8").split("\n").map((line) => line.trim().replace(/\s+/g, " "));
  return lines.filter((line) => line !== "").join("\n");
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (!options) return;
  // Before the training: what can't be read should be known at once.
  const { page } = options;
  const image = page === undefined ? undefined : readPng(page);
  const text = options.truth === undefined ? undefined : textOf(options.truth);
  await init({ threads: options.threads });
  const { training, test } = split(readDigits(), HELD, options.seed);
  console.log(`\n ${colors.bold("deltawasm reads a page")}`);
  const reader = await readerFor(options, training);
  if (page === undefined || image === undefined) readRenderedPages(reader, options, test);
  else readOwnPage(reader, page, image, text, options.out);
  if (options.save !== undefined) console.log(` Saved to ${options.save} (${count(saveReader(options.save, reader) / 1000)} kB)`);
  reader.network.dispose();
}

await run(main);
