import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { png } from "./support/png";

// The examples as a user runs them, on the built package: `npm test` builds it first.

const root = join(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "deltawasm-examples-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

function runExample(name: string, args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    const program = ["--import", "tsx", join("examples", name, "train.ts"), ...args];
    execFile(process.execPath, program, { cwd: root, env: { ...process.env, ...env } }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

const accuracyOf = ({ stdout }: Outcome) => Number(/Test accuracy ([\d.]+) %/.exec(stdout)?.[1]);
/** Anything but text and line ends. */
const control = /[^\P{Cc}\n]/u;

describe("examples/digits", () => {
  it("reads more than 97.5 % of digits it has never seen, and says so in plain text where nobody watches", async () => {
    const out = join(folder, "digits.safetensors");
    // CI systems set CI, which colours the output of some libraries.
    const outcome = await runExample("digits", ["--out", out], { CI: "true" });
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    expect(accuracyOf(outcome)).toBeGreaterThanOrEqual(97.5);
    expect(outcome.stdout).not.toMatch(control);
    expect(outcome.stdout.match(/^ +\d+\/15 /gm)).toHaveLength(15);
    expect(Math.max(...outcome.stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(outcome.stdout).toContain(`Saved to ${out}`);
    // A safetensors file starts with the length of its header.
    expect(readFileSync(out).readBigUInt64LE()).toBeGreaterThan(0n);
  });

  it.each([
    ["a number that is none", ["--epochs", "many"], "--epochs: expected a whole number, at least 1, got \"many\""],
    ["an unknown option", ["--epoch", "3"], "Unknown option '--epoch'"],
    ["a batch that is too large", ["--batch", "99999999"], "options.batchSize: expected a whole number from 1 to 1048576"],
    ["a place that is none", ["--out", "/no/such/folder/x"], "--out: there is no folder /no/such/folder"],
  ])("tells in one line of %s", async (_, args, message) => {
    const { code, stderr } = await runExample("digits", args);
    expect(code).toBe(1);
    expect(stderr).toContain(`error: `);
    expect(stderr).toContain(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });
});

/** An IDX file of unsigned bytes. */
function idx(shape: readonly number[], data: ArrayLike<number>): Buffer {
  const head = Buffer.alloc(4 + shape.length * 4);
  head[2] = 8;
  head[3] = shape.length;
  shape.forEach((size, axis) => head.writeUInt32BE(size, 4 + axis * 4));
  return Buffer.concat([head, Uint8Array.from(data)]);
}

/** Images of 4 × 3 pixels whose rows are light or dark: class 0 to 2 is the number of dark rows. */
function stripes(count: number): { images: Buffer; labels: Buffer } {
  const labels = Array.from({ length: count }, (_, n) => n % 3);
  const pixels = labels.flatMap((label, n) => Array.from({ length: 12 }, (_, p) => (Math.floor(p / 3) < label ? 255 - (n % 50) : n % 60)));
  return { images: idx([count, 4, 3], pixels), labels: idx([count], labels) };
}

function write(name: string, bytes: Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const training = stripes(120);
const test = stripes(30);
const files = {
  "train-images": write("train-images", training.images),
  "train-labels": write("train-labels", training.labels),
  "test-images": write("test-images", test.images),
  "test-labels": write("test-labels", test.labels),
};
const options = (paths: Partial<typeof files> = {}) => [
  ...Object.entries({ ...files, ...paths }).flatMap(([name, path]) => [`--${name}`, path]),
  "--hidden", "16", "--epochs", "12", "--batch", "8", "--rate", "0.01", "--out", join(folder, "idx.safetensors"),
];

describe("examples/idx", () => {
  it("trains on plain files", async () => {
    const outcome = await runExample("idx", options());
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    expect(accuracyOf(outcome)).toBe(100);
    expect(outcome.stdout).not.toMatch(control);
  });

  it("trains on gzip files, whatever their names", async () => {
    const outcome = await runExample("idx", options({
      "train-images": write("packed-images", gzipSync(training.images)), "test-labels": write("packed-labels.gz", gzipSync(test.labels)),
    }));
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    expect(accuracyOf(outcome)).toBe(100);
  });

  it("trains a convolutional network, and shows by name what it misreads", async () => {
    const outcome = await runExample("idx", [...options(), "--network", "convnet", "--channels", "4", "--epochs", "1", "--names", "light, grey,dark"]);
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    expect(outcome.stdout).toContain("1 × 4 × 3 → 3 × 3 of 4 → 16 → 3 softmax");
    expect(outcome.stdout).toContain("0 light, 1 grey, 2 dark");
    expect(outcome.stdout.match(/read (light|grey|dark) \(/g) ?? []).toHaveLength(Math.min(6, Math.round((100 - accuracyOf(outcome)) * 0.3)));
    expect(Math.max(...outcome.stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it("judges by a tenth of the training images where it is to validate", async () => {
    const outcome = await runExample("idx", [...options({ "test-images": "none", "test-labels": "none" }), "--validate"]);
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    expect(outcome.stdout).toContain("108 images of 4 × 3 to learn from, 12 for the validation");
    expect(outcome.stdout).toContain("Validation accuracy 100.00 %");
    expect(outcome.stdout.match(/^ +\d+\/12 .*%$/gm)).toHaveLength(12);
  });

  it("learns from the first images alone, and augments them", async () => {
    const outcome = await runExample("idx", [...options(), "--images", "90", "--augment", "{ \"shift\": 0.1, \"flip\": \"horizontal\" }"]);
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    expect(outcome.stdout).toContain("90 images of 4 × 3 to learn from, 30 for the test");
    expect(accuracyOf(outcome)).toBeGreaterThan(80);
  });

  it("explains itself", async () => {
    const { code, stdout } = await runExample("idx", ["--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain("npm run example:idx -- --train-images");
  });

  const { images } = training;
  it.each<[string, Partial<typeof files> | string[], string]>([
    ["a missing option", ["--train-images", files["train-images"]], "--train-labels: expected the path of an IDX file"],
    ["a missing file", { "test-images": join(folder, "nowhere") }, "nowhere: there is no such file"],
    ["a folder", { "test-images": folder }, "it is a folder"],
    ["an empty file", { "train-images": write("empty", Buffer.alloc(0)) }, "it has 0 bytes, and its head alone has 4"],
    ["a wrong magic number", { "train-images": write("magic", Buffer.from("hello world, this is text")) }, "it starts with the bytes 104 101 108 108"],
    ["numbers of another type", { "train-images": write("floats", Buffer.from([0, 0, 13, 1, 0, 0, 0, 1, 0, 0, 0, 0])) }, "it holds Float32 numbers, expected unsigned bytes"],
    ["labels for images", { "train-images": files["train-labels"] }, "it has 1 axis, expected 3"],
    ["images for labels", { "train-labels": files["train-images"] }, "it has 3 axes, expected 1"],
    ["a head cut off", { "train-images": write("head", images.subarray(0, 9)) }, "it ends within the sizes of its 3 axes"],
    ["data cut off", { "train-images": write("short", images.subarray(0, -1)) }, "it is cut off: 120 × 4 × 3 numbers of 1 bytes are 1440 bytes, and it has 1439"],
    ["data too long", { "train-images": write("long", Buffer.concat([images, Buffer.alloc(2)])) }, "it has too much"],
    ["no images", { "train-images": write("none", idx([0, 4, 3], [])) }, "expected numbers, got a size of 0 × 4 × 3"],
    ["gzip cut off", { "train-images": write("short.gz", gzipSync(images).subarray(0, -20)) }, "its gzip is damaged or cut off"],
    ["fewer labels than images", { "train-labels": files["test-labels"] }, "has 30 labels, but"],
    ["images of another size", { "test-images": write("flat", idx([30, 12, 1], Array(360).fill(0))) }, "images of 12 × 1, but --train-images has images of 4 × 3"],
    ["an unknown label", { "test-labels": write("nine", idx([30], Array(30).fill(9))) }, "has the label 9, the largest of --train-labels is 2"],
    ["one class only", { "train-labels": write("zeros", idx([120], Array(120).fill(0))) }, "there is nothing to tell apart"],
    ["a rate that is none", [...options(), "--rate", "fast"], "--rate: expected a number above 0, at most 10, got \"fast\""],
    ["a network that is none", [...options(), "--network", "cnn"], "--network: expected mlp or convnet, got \"cnn\""],
    ["a share that is none", [...options(), "--dropout", "1"], "--dropout: expected a number from 0, below 1, got \"1\""],
    ["augmentation that is no JSON", [...options(), "--augment", "rotate"], "--augment: expected JSON such as '{ \"rotate\": 10 }', got 'rotate'"],
    ["more images than there are", [...options(), "--images", "121"], "--images: there are 120 images, which is fewer than 121"],
    ["hidden layers that are none", [...options(), "--hidden", "16,x"], "--hidden: expected a whole number, at least 1, got \"x\""],
  ])("tells in one line of %s", async (_, given, message) => {
    const { code, stdout, stderr } = await runExample("idx", Array.isArray(given) ? given : options(given));
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("error: ");
    expect(stderr).toContain(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });
});

describe("examples/ocr", () => {
  const page = join(folder, "ocr-1.png");
  const model = join(folder, "ocr.safetensors");
  const empty = write("empty.png", png(40, 30, { bits: 8, colorType: 0 }, () => [240]));

  it("learns, writes pages, reads them, judges itself, and reads a page that it is given by the network that it saved", async () => {
    const small = ["--training-pages", "4", "--epochs", "3", "--pages", "1"];
    const outcome = await runExample("ocr", [...small, "--out", join(folder, "ocr"), "--save", model]);
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    expect(outcome.stdout).not.toMatch(control);
    // So little training is no measure; that the characters are found doesn't depend on it.
    const accuracy = Number(/Character accuracy ([\d.]+) %/.exec(outcome.stdout)?.[1]);
    expect(accuracy).toBeGreaterThan(80);
    const text = [...outcome.stdout.matchAll(/^ +(?:is|read)  ([\d ]+)$/gm)].map(([, line]) => line);
    expect(text.length).toBeGreaterThanOrEqual(16);

    const again = await runExample("ocr", ["--model", model, "--page", page, "--out", join(folder, "own")]);
    expect(again).toMatchObject({ code: 0, stderr: "" });
    expect(again.stdout).not.toContain("epoch");
    const lines = again.stdout.match(/^ +[\d.]+ %  [\d ]+$/gm);
    expect(lines).toHaveLength(16);
    expect(readFileSync(join(folder, "own-read.png")).toString("latin1", 1, 4)).toBe("PNG");

    const truth = write("truth.txt", Buffer.from(lines!.map((line) => line.replace(/^ +[\d.]+ %  /, "")).join("\r\n\r\n")));
    const judged = await runExample("ocr", ["--model", model, "--page", page, "--truth", truth, "--out", join(folder, "own")]);
    expect(judged.stdout).toContain("Character accuracy 100.00 %");

    const { code, stderr } = await runExample("ocr", ["--model", model, "--page", empty, "--out", join(folder, "own")]);
    expect(code).toBe(1);
    expect(stderr).toContain("error: ");
    expect(stderr).toContain("empty.png: no characters found on 40 × 30 pixels");
  });

  it.each([
    ["a page that is no PNG", ["--page", write("page.jpg", Buffer.from("JFIF"))], "page.jpg: expected a PNG file"],
    ["a page that isn't there", ["--page", join(folder, "none.png")], "no such file"],
    ["a text without its page", ["--truth", "truth.txt"], "--truth: expected --page too"],
    ["a model that is none", ["--model", empty], "not a safetensors file"],
    ["a number that is none", ["--pages", "0"], "--pages: expected a whole number, at least 1, got \"0\""],
    ["a place that is none", ["--save", "/no/such/folder/x"], "--save: there is no folder /no/such/folder"],
  ])("tells in one line of %s", async (_, args, message) => {
    const { code, stderr } = await runExample("ocr", args);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });
});
