import { execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Model } from "deltawasm/model";

// The built command: `npm test` builds it first.
const cli = join(import.meta.dirname, "../../dist/cli.js");
const folder = mkdtempSync(join(tmpdir(), "deltawasm-cli-"));
const iris = readFileSync(join(import.meta.dirname, "../../src/cli/iris.csv"), "utf8");
const at = (name: string) => join(folder, name);
const write = (name: string, content: string | Uint8Array) => {
  writeFileSync(at(name), content);
  return name;
};

interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

function run(args: string[], input = "", cwd = folder): Promise<Result> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [cli, ...args], { cwd, env: { ...process.env, NO_COLOR: "1" }, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
    child.stdin!.end(input);
  });
}

/** A table of numbers and a category, with missing cells, and a target that follows from them. */
function houses(rows: number): string {
  const u = (n: number) => ((Math.imul(n, 2654435761) >>> 0) % 10_007) / 10_007;
  const lines = Array.from({ length: rows }, (_, n) => {
    const [area, rooms, quarter] = [30 + 170 * u(n), 1 + Math.floor(6 * u(n + 7)), ["north", "south", "east"][n % 3]];
    const price = area * 1000 + rooms * 5000 + (n % 3) * 20_000;
    return `${n},${area.toFixed(1)},${n % 17 === 0 ? "" : rooms},${quarter},${price.toFixed(0)}`;
  });
  return `id,area,rooms,quarter,price\n${lines.join("\n")}\n`;
}

beforeAll(() => {
  write("iris.csv", iris);
  write("houses.csv", houses(400));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("the way of a table", () => {
  test("train learns, judges by rows kept out, and saves one file that takes raw rows", async () => {
    const { code, stdout, stderr } = await run(["train", "iris.csv", "--target", "species"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/iris\.csv {3}150 rows, 5 columns/);
    expect(stdout).toMatch(/species +target · 3 classes\n/);
    expect(stdout).toMatch(/120 rows to learn from, 30 to be judged by\n Network 4 → 64 → 64 → 3/);
    // Stratified 5-fold figures of this table are 95 % and more; 27 of 30 is more than two deviations below.
    expect(Number(/Accuracy ([\d.]+) %/.exec(stdout)![1])).toBeGreaterThan(90);
    expect(stdout).toMatch(/Always to say "\w+" would be right in 33\.33 %\n/);
    expect(stdout).toMatch(/setosa +\d+\.\d\d % +\d/);
    expect(stdout).toMatch(/Saved to iris\.safetensors \(\d+ kB\), learned from all rows/);
    using model = await Model.load(readFileSync(at("iris.safetensors")), "classification");
    expect(model.labels).toEqual(["setosa", "versicolor", "virginica"]);
    expect(model.predict([{ sepal_length: 5.1, sepal_width: "3.5", petal_length: 1.4, petal_width: 0.2 }])[0].label).toBe("setosa");
    expect(model.run!.history.length).toBeGreaterThan(10);
    expect(model.run!.history.at(-1)!.validation!.accuracy).toBeGreaterThan(0.9);
    expect(model.run!.confusion!.counts.flat().reduce((a, b) => a + b)).toBe(30);
    expect(model.run!.diagnosis!.samples.length).toBeGreaterThan(0);
  });

  test("--hidden and --learning-rate take the place of the recipe's", async () => {
    const { stdout } = await run(["train", "iris.csv", "--target", "species", "--hidden", "12, 7,5", "--learning-rate", "0.004", "--epochs", "2", "--out", "widths.safetensors"]);
    expect(stdout).toMatch(/Network 4 → 12 → 7 → 5 → 3 · 2 epochs/);
    using model = await Model.load(readFileSync(at("widths.safetensors")));
    expect(model.run!.trainer).toMatchObject({ loss: "crossEntropy", optimizer: { type: "adamW", learningRate: 0.004 } });
    expect(model.run!.parameters).toMatchObject({ "0.weight": [12, 4], "0.bias": [12] });
  });

  test("a large file, sorted by its target, is learned from without being held in memory", async () => {
    // Beyond 32 MB mostly by notes that nothing is learned from: 36,000 rows of 1,000 letters.
    const kinds = ["a", "b", "c"];
    const note = "some words ".repeat(91);
    const lines = Array.from({ length: 36_000 }, (_, n) => {
      const kind = Math.floor(n / 12_000);
      const [u, v] = [7, 13].map((factor) => ((Math.imul(n + 1, factor * 2654435761) >>> 0) % 10_007) / 10_007);
      return `${n + 1},${(2 * kind + u).toFixed(3)},${v.toFixed(3)},${note}${n},${n % 997 === 5 ? "" : kinds[kind]}`;
    });
    write("large.csv", `id,size,chance,note,kind\n${lines.join("\n")}\n`);
    const { code, stdout, stderr } = await run(["train", "large.csv", "--target", "kind", "--epochs", "1", "--validation", "0.1"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/large\.csv {3}36,000 rows, 5 columns/);
    expect(stdout).toMatch(/id +left out · it numbers the rows\n/);
    expect(stdout).toMatch(/note +left out · nearly every row has a text of its own/);
    const [, training, test] = /([\d,]+) rows to learn from, ([\d,]+) to be judged by/.exec(stdout)!.map((text) => Number(text.replaceAll(",", "")));
    // Shares of 0.7 and 0.2 of the 35,963 rows that have a target, ± four deviations.
    expect(Math.abs(training - 25_174)).toBeLessThan(350);
    expect(Math.abs(test - 7193)).toBeLessThan(310);
    expect(Number(/Accuracy ([\d.]+) %/.exec(stdout)![1])).toBeGreaterThan(99);
    using model = await Model.load(readFileSync(at("large.safetensors")));
    expect(model.run!.best!.epoch).toBe(1);
    expect(model.run!.history[0]!.validation!.accuracy).toBeGreaterThan(0.99);
    const judged = await run(["evaluate", "large.safetensors", "large.csv"]);
    expect(judged.stdout).toMatch(/of 35,963 rows right of large\.csv/);
    expect(readdirSync(tmpdir()).filter((name) => /^deltawasm-\w{6}$/.test(name) && readdirSync(join(tmpdir(), name)).some((file) => file.startsWith("training-")))).toEqual([]);
  }, 120_000);

  test("the same seed gives the same parameters, another seed others", async () => {
    const parameters = async (seed: string) => {
      await run(["train", "iris.csv", "--target", "species", "--seed", seed, "--epochs", "3", "--out", "seed.safetensors"]);
      using model = await Model.load(readFileSync(at("seed.safetensors")));
      return model.network.parameters();
    };
    const one = await parameters("1");
    expect(await parameters("1")).toEqual(one);
    expect(await parameters("2")).not.toEqual(one);
  });

  test("predict adds what the model says to each row, as CSV and JSON, to a file and to standard output", async () => {
    const rows = "petal_width,petal_length,sepal_width,sepal_length,note\n0.2,1.4,3.5,5.1,\"a, b\"\n2.1,5.8,3,7.1,\n";
    write("new.csv", rows);
    const { code, stdout } = await run(["predict", "iris.safetensors", "new.csv"]);
    expect(code).toBe(0);
    const [header, first, second, end] = stdout.split("\n");
    expect(header).toBe("petal_width,petal_length,sepal_width,sepal_length,note,predicted species,confidence");
    expect(first).toMatch(/^0\.2,1\.4,3\.5,5\.1,"a, b",setosa,0\.9\d+$/);
    expect(second).toMatch(/^2\.1,5\.8,3,7\.1,,virginica,0\.\d+$/);
    expect(end).toBe("");
    expect((await run(["predict", "iris.safetensors", "-"], rows)).stdout).toBe(stdout);
    expect((await run(["predict", "iris.safetensors", "new.csv", "--out", "answers.csv"])).stdout).toBe("");
    expect(readFileSync(at("answers.csv"), "utf8")).toBe(stdout);
    const lines = (await run(["predict", "iris.safetensors", write("new.csv.gz", gzipSync(rows)), "--json"])).stdout.trim().split("\n").map((line) => JSON.parse(line));
    expect(lines[0]).toMatchObject({ row: { petal_width: "0.2", note: "a, b" }, target: "species", prediction: "setosa" });
    expect(Object.keys(lines[1].probabilities)).toEqual(["setosa", "versicolor", "virginica"]);
    const wide = (await run(["predict", "iris.safetensors", "iris.csv", "--probabilities"])).stdout.split("\n");
    expect(wide[0]).toBe("sepal_length,sepal_width,petal_length,petal_width,species,predicted species,confidence,p(setosa),p(versicolor),p(virginica)");
    expect(wide).toHaveLength(152);
  });

  test("evaluate judges by other rows; inspect tells what a model is", async () => {
    const { code, stdout } = await run(["evaluate", "iris.safetensors", "iris.csv", "--json"]);
    const { rows, metrics, confusion } = JSON.parse(stdout);
    expect([code, rows]).toEqual([0, 150]);
    expect(metrics.accuracy).toBeGreaterThan(0.95);
    expect(confusion.counts).toHaveLength(3);
    expect((await run(["evaluate", "iris.safetensors", "iris.csv"])).stdout).toMatch(/Accuracy \d+\.\d\d % · \d+ of 150 rows right of iris\.csv/);
    const inspected = await run(["inspect", "iris.safetensors"]);
    expect(inspected.stdout).toMatch(/Tells species, one of 3 classes: setosa, versicolor, virginica/);
    expect(inspected.stdout).toMatch(/0\.weight +64 × 4/);
    expect(JSON.parse((await run(["inspect", "iris.safetensors", "--json"])).stdout)).toMatchObject({ task: "classification", target: "species", hasReport: true });
  });

  test("report writes a page, and its own page anew", async () => {
    for (let n = 0; n < 2; n++) expect((await run(["report", "iris.safetensors"])).code).toBe(0);
    expect(readFileSync(at("iris.html"), "utf8")).toMatch(/^<!doctype html>/i);
  });

  test("numbers are told in their own units; an identifier is left out, and it says so", async () => {
    const { code, stdout, stderr } = await run(["train", "houses.csv", "-t", "price", "--json"]);
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ task: "regression", rows: { all: 400, training: 320, test: 80 }, learnedFromAllRows: true });
    expect(result.columns.find(({ name }: { name: string }) => name === "rooms")).toMatchObject({ type: "number", missing: expect.any(Number) });
    expect(result.metrics["R²"]).toBeGreaterThan(0.9);
    expect(stderr).toMatch(/RMSE [\d,]+ · 80 rows that it had not seen/);
    const { stdout: answers } = await run(["predict", "houses.safetensors", "houses.csv"]);
    expect(Number(answers.split("\n")[1].split(",").at(-1))).toBeGreaterThan(1000);
  });

  test("JSON rows, a packed file, standard input, columns left out", async () => {
    const rows = iris.trim().split("\n").slice(1).map((line) => line.split(",")).map(([a, b, c, d, species]) => ({ a: Number(a), b: Number(b), c: Number(c), d: Number(d), species }));
    for (const [name, content] of [["rows.json", JSON.stringify(rows)], ["rows.jsonl", rows.map((row) => JSON.stringify(row)).join("\n")], ["packed.csv.gz", gzipSync(iris)]] as const) {
      const { code, stdout } = await run(["train", write(name, content), "--target", "species", "--epochs", "2", "--test", "0", "--json"]);
      expect([name, code, JSON.parse(stdout).rows]).toEqual([name, 0, { all: 150, training: 150, test: 0 }]);
    }
    const { stdout } = await run(["train", "-", "--target", "species", "--ignore", "sepal_length,sepal_width", "--epochs", "2", "--out", "two.safetensors", "--json"], iris);
    expect(JSON.parse(stdout).network.input).toBe(2);
  });
});

describe("the way of images", () => {
  /** An IDX file of bytes. */
  const idx = (shape: number[], bytes: ArrayLike<number>) => {
    const head = Buffer.alloc(4 + 4 * shape.length);
    head.set([0, 0, 8, shape.length]);
    shape.forEach((size, axis) => head.writeUInt32BE(size, 4 + 4 * axis));
    return Buffer.concat([head, Uint8Array.from(bytes)]);
  };
  const count = 240;
  // A bar in one of four columns, of another brightness each.
  const labels = Array.from({ length: count }, (_, n) => n % 4);
  const pixels = labels.flatMap((label, n) => Array.from({ length: 20 }, (_, at) => (at % 4 === label ? 100 + (n % 150) : (n * at) % 30)));

  beforeAll(() => {
    write("bars-images.idx3-ubyte.gz", gzipSync(idx([count, 5, 4], pixels)));
    write("bars-labels.idx1-ubyte", idx([count], labels));
  });

  test("train, evaluate, predict, inspect and report take IDX files", async () => {
    const { code, stdout, stderr } = await run(["train", "bars-images.idx3-ubyte.gz", "--labels", "bars-labels.idx1-ubyte", "--hidden", "16", "--learning-rate", "0.01"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/bars-images\.idx3-ubyte\.gz {3}240 images of 5 × 4\n 192 rows to learn from, 48 to be judged by\n Network 20 → 16 → 4/);
    expect(stdout).toMatch(/Saved to bars-images\.safetensors .* learned from all rows\n Next: deltawasm predict bars-images\.safetensors new-images\.idx3-ubyte/);
    using model = await Model.load(readFileSync(at("bars-images.safetensors")), "classification");
    expect(model.labels).toEqual(["0", "1", "2", "3"]);
    // Bytes as they are in the file.
    expect(model.predict([pixels.slice(20, 40)])[0].label).toBe("1");
    expect(model.run!.trainer).toMatchObject({ optimizer: { learningRate: 0.01 } });
    expect(model.run!.parameters).toMatchObject({ "0.weight": [16, 20], "0.bias": [16] });
    const judged = JSON.parse((await run(["evaluate", "bars-images.safetensors", "bars-images.idx3-ubyte.gz", "--labels", "bars-labels.idx1-ubyte", "--json"])).stdout);
    expect([judged.rows, judged.metrics.accuracy]).toEqual([240, 1]);
    const predicted = (await run(["predict", "bars-images.safetensors", "bars-images.idx3-ubyte.gz"])).stdout.trim().split("\n");
    expect([predicted[0], predicted.length]).toEqual(["image,predicted label,confidence", 241]);
    expect(predicted[2]).toMatch(/^2,1,0\.\d+$/);
    const lines = (await run(["predict", "bars-images.safetensors", "bars-images.idx3-ubyte.gz", "--json"])).stdout.trim().split("\n").map((line) => JSON.parse(line));
    expect(lines[239]).toMatchObject({ row: { image: 240 }, target: "label", prediction: "3" });
    expect((await run(["inspect", "bars-images.safetensors"])).stdout).toMatch(/Tells one of 4 classes: 0, 1, 2, 3/);
    expect((await run(["report", "bars-images.safetensors"])).code).toBe(0);
  });

  test("a report shows the images that were taken for others", async () => {
    const { stdout } = await run(["train", "bars-images.idx3-ubyte.gz", "--labels", "bars-labels.idx1-ubyte", "--epochs", "1", "--learning-rate", "0.0001", "--out", "poor.safetensors", "--json"]);
    expect(JSON.parse(stdout).metrics.accuracy).toBeLessThan(1);
    using model = await Model.load(readFileSync(at("poor.safetensors")));
    const [{ image, truth }] = model.run!.misclassified!;
    expect([image!.width, image!.height, image!.pixels.length]).toEqual([4, 5, 20]);
    expect(image!.pixels[Number(truth)]).toBeGreaterThanOrEqual(100);
  });

  test("mistakes are told in one line", async () => {
    write("few-labels.idx1-ubyte", idx([3], [0, 1, 2]));
    write("other.idx3-ubyte", idx([2, 3, 3], Array(18).fill(0)));
    for (const [args, words] of [
      [["train", "bars-images.idx3-ubyte.gz", "-t", "label"], /^error: --labels: bars-images\.idx3-ubyte\.gz has the name of an IDX file: give the file with the labels/],
      [["train", "bars-images.idx3-ubyte.gz", "-t", "label", "--labels", "bars-labels.idx1-ubyte"], /^error: --target: images have no columns/],
      [["train", "bars-images.idx3-ubyte.gz", "--labels", "few-labels.idx1-ubyte"], /^error: --labels: few-labels\.idx1-ubyte has 3 labels, and bars-images\.idx3-ubyte\.gz has 240 images/],
      [["train", "bars-labels.idx1-ubyte", "--labels", "bars-labels.idx1-ubyte"], /^error: bars-labels\.idx1-ubyte: holds 240 single numbers, expected images: is it a file of labels\?/],
      [["train", "bars-images.idx3-ubyte.gz", "--labels", "bars-images.idx3-ubyte.gz"], /^error: --labels: .* expected a whole number an image: is it a file of images\?/],
      [["train", "iris.csv", "--labels", "bars-labels.idx1-ubyte"], /^error: iris\.csv: not an IDX file/],
      [["evaluate", "bars-images.safetensors", "bars-images.idx3-ubyte.gz"], /^error: --labels: the model is of images: give the IDX file with their labels/],
      [["evaluate", "iris.safetensors", "iris.csv", "--labels", "bars-labels.idx1-ubyte"], /^error: --labels: the model is of a table/],
      [["predict", "bars-images.safetensors", "other.idx3-ubyte"], /^error: other\.idx3-ubyte: its images are 3 × 3, which are 9 numbers; the model takes 20/],
      [["predict", "bars-images.safetensors", "iris.csv"], /^error: iris\.csv: not an IDX file/],
      [["train", "bars-images.idx3-ubyte.gz", "--labels", "bars-labels.idx1-ubyte", "--test", "0.001"], /^error: --test: a share of 0\.001 of 240 rows is no row/],
    ] as const) {
      const { code, stderr } = await run([...args]);
      expect(stderr).toMatch(words);
      expect([code, stderr.trim().split("\n").length]).toEqual([1, 1]);
    }
  });
});

describe("output", () => {
  test("--help teaches, for each command", async () => {
    expect((await run(["--help"])).stdout).toMatch(/Begin here:[^]*deltawasm demo[^]*Exit codes/);
    for (const command of ["train", "predict", "evaluate", "inspect", "report", "demo"]) {
      const { code, stdout } = await run([command, "--help"]);
      expect([command, code]).toEqual([command, 0]);
      expect(stdout).toMatch(new RegExp(`Usage: deltawasm ${command}`));
    }
    expect((await run(["--version"])).stdout.trim()).toMatch(/^\d+\.\d+\.\d+$/);
  });

  test("--quiet says nothing", async () => {
    expect(await run(["train", "iris.csv", "-t", "species", "--epochs", "1", "--test", "0", "--quiet", "--out", "quiet.safetensors"])).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  test("names of classes that are too long to stand side by side are numbered; cells line up", async () => {
    const rows = Array.from({ length: 200 }, (_, n) => `${n % 10},${n % 7},a class with a rather long name ${n % 10}`);
    write("names.csv", `x,y,label\n${rows.join("\n")}\n`);
    const { stdout } = await run(["train", "names.csv", "-t", "label", "--epochs", "2"]);
    const lines = stdout.split("\n");
    const first = lines.findIndex((line) => line.includes("columns: what it was taken for")) + 1;
    expect(lines[first].trim().split(/ +/)).toEqual(["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]);
    expect(lines[first + 10]).toMatch(/^ {3}10 {2}a class with a r…her long name 9 /);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(120);
  });

  test("predictions may replace the file that they are of", async () => {
    write("place.csv", iris);
    expect((await run(["predict", "iris.safetensors", "place.csv", "--out", "place.csv", "--force"])).code).toBe(0);
    const lines = readFileSync(at("place.csv"), "utf8").trim().split("\n");
    expect(lines).toHaveLength(151);
    expect(lines[0]).toBe("sepal_length,sepal_width,petal_length,petal_width,species,predicted species,confidence");
  });

  test("predictions that end in an error leave what was there", async () => {
    write("torn.csv", `${iris}1,2\n`);
    write("kept.csv", "keep me");
    const { code, stderr } = await run(["predict", "iris.safetensors", "torn.csv", "--out", "kept.csv", "--force"]);
    expect([code, stderr]).toEqual([1, "error: torn.csv: line 152: expected 5 cells, as the first row has, got 2\n"]);
    expect(readFileSync(at("kept.csv"), "utf8")).toBe("keep me");
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  test.skipIf(!existsSync("/dev/full"))("a full disk under standard output is told in a line", async () => {
    const child = spawn("bash", ["-c", `'${process.execPath}' '${cli}' predict iris.safetensors iris.csv > /dev/full`], { cwd: folder });
    let errors = "";
    child.stderr.on("data", (data) => { errors += String(data); });
    const code = await new Promise((resolve) => { child.on("close", resolve); });
    expect([code, errors]).toEqual([1, "error: the disk is full\n"]);
  });

  test("the demo may be called again", async () => {
    const fresh = mkdtempSync(join(folder, "demo-"));
    for (let n = 0; n < 2; n++) {
      const { code, stdout } = await run(["demo"], "", fresh);
      expect([n, code]).toEqual([n, 0]);
      expect(stdout).toMatch(/Report written to iris\.html/);
    }
    expect(readdirSync(fresh).sort()).toEqual(["iris.csv", "iris.html", "iris.safetensors", "predictions.csv"]);
  });

  test("a reader who leaves early is no error", async () => {
    const child = spawn("bash", ["-c", `'${process.execPath}' '${cli}' predict iris.safetensors big.csv | head -1; exit \${PIPESTATUS[0]}`], { cwd: folder });
    write("big.csv", `${iris}${iris.split("\n").slice(1).join("\n").repeat(400)}`);
    let errors = "";
    child.stderr.on("data", (data) => { errors += String(data); });
    const code = await new Promise((resolve) => { child.on("close", resolve); });
    expect([code, errors]).toEqual([0, ""]);
  });

  test("Ctrl+C ends training and saves what was learned", async () => {
    write("long.csv", houses(3000));
    const child = spawn(process.execPath, [cli, "train", "long.csv", "-t", "price", "--epochs", "100000", "--out", "cut.safetensors"], { cwd: folder });
    let [out, errors] = ["", ""];
    child.stdout.on("data", (data) => {
      const isFirst = !out.includes("to learn from");
      out += String(data);
      // Once: a second one would end the program at once.
      if (isFirst && out.includes("to learn from")) setTimeout(() => child.kill("SIGINT"), 300);
    });
    child.stderr.on("data", (data) => { errors += String(data); });
    const code = await new Promise((resolve) => { child.on("close", resolve); });
    expect(code).toBe(130);
    expect(errors).toMatch(/interrupted: what was learned so far is saved/);
    expect(out).toMatch(/Training was interrupted\n Saved to cut\.safetensors /);
    using model = await Model.load(readFileSync(at("cut.safetensors")));
    expect(model.task).toBe("regression");
  });
});

describe.skipIf(process.platform === "win32")("an interruption before an epoch has ended", () => {
  test("leaves the model that was there", async () => {
    // One epoch of steps without end: batches of one row.
    write("wide.csv", houses(60_000));
    write("old.safetensors", readFileSync(at("iris.safetensors")));
    const child = spawn(process.execPath, [cli, "train", "wide.csv", "-t", "price", "--epochs", "1", "--batch-size", "1", "--out", "old.safetensors", "--json"], { cwd: folder });
    let [out, errors] = ["", ""];
    child.stdout.on("data", (data) => { out += String(data); });
    child.stderr.on("data", (data) => {
      errors += String(data);
      if (errors.includes("to learn from") && !child.killed) child.kill("SIGINT");
    });
    const code = await new Promise((resolve) => { child.on("close", resolve); });
    expect(errors).toMatch(/nothing is saved: no epoch has ended/);
    expect([code, JSON.parse(out)]).toEqual([130, { model: null, epochs: 0, stopped: "aborted" }]);
    expect(readFileSync(at("old.safetensors"))).toEqual(readFileSync(at("iris.safetensors")));
  });
});

describe("files of other habits", () => {
  test("decimal commas are read when it is said, and asked for when not", async () => {
    write("commas.csv", `size;price\r\n${Array.from({ length: 60 }, (_, n) => `${n % 13},5;1.${String(100 + 7 * (n % 13)).padStart(3, "0")},25`).join("\r\n")}\r\n`);
    expect((await run(["train", "commas.csv", "-t", "price", "--task", "regression"])).stderr)
      .toMatch(/^error: target: column "price": it looks like numbers with commas such as "1\.1\d\d,25": where these are decimal commas, read the file with --decimal ,\n$/);
    const { code, stdout } = await run(["train", "commas.csv", "-t", "price", "--decimal", ",", "--epochs", "3"]);
    expect([code, /size +number\n +price +target · a number/.test(stdout)]).toEqual([0, true]);
    expect((await run(["predict", "commas.safetensors", "commas.csv"])).stderr).toBe('error: commas.csv: row 1, column "size": expected a number, as in training, or an empty cell where there is none, got "0,5"\n');
    expect((await run(["predict", "commas.safetensors", "commas.csv", "--decimal", ","])).stdout.split("\n")[1]).toMatch(/^0\.5,1100\.25,\d+/);
  });

  test("dates with the day first are read when it is said, and asked for when not", async () => {
    write("days.csv", `day,y\n${Array.from({ length: 60 }, (_, n) => `${(n % 28) + 1}.${(n % 12) + 1}.2024,${n % 12}.5`).join("\n")}\n`);
    expect((await run(["train", "days.csv", "-t", "y"])).stderr).toMatch(/\("day": it looks like dates such as "\d+\.\d+\.2024": to learn from them, say by --date-order whether the day/);
    const { stdout } = await run(["train", "days.csv", "-t", "y", "--date-order", "dmy", "--epochs", "3"]);
    expect(stdout).toMatch(/day +date\n/);
    const [german, iso] = (await run(["predict", "days.safetensors", "-"], "day\n31.1.2024\n2024-01-31\n")).stdout.trim().split("\n").slice(1).map((line) => line.split(",")[1]);
    expect(Number(german)).not.toBeNaN();
    expect(german).toBe(iso);
  });

  test("few whole numbers are classes, and it is said how they aren't", async () => {
    write("rating.csv", `a,rating\n${Array.from({ length: 60 }, (_, n) => `${n % 9},${1 + ((n % 9) % 3)}`).join("\n")}\n`);
    expect((await run(["train", "rating.csv", "-t", "rating", "--epochs", "1"])).stdout).toMatch(/rating +target · 3 classes · its numbers are taken as names of classes, .*; --task regression takes them as numbers/);
    expect((await run(["train", "rating.csv", "-t", "rating", "--epochs", "1", "--task", "regression"])).stdout).toMatch(/rating +target · a number\n/);
  });

  test("a warning names the options of the command", async () => {
    const u = (n: number) => ((Math.imul(n, 2654435761) >>> 0) % 10_007) / 10_007;
    write("noise.csv", `${Array.from({ length: 30 }, (_, c) => `x${c}`).join(",")},y\n${Array.from({ length: 60 }, (_, n) => `${Array.from({ length: 30 }, (_, c) => u(n * 31 + c)).join(",")},${u(n * 7 + 3) > 0.5 ? "a" : "b"}`).join("\n")}\n`);
    const { stderr } = await run(["train", "noise.csv", "-t", "y", "--learning-rate", "0.003"]);
    expect(stderr).toMatch(/^warning: the loss of the validation was best in epoch .*: stop early by --validation 0\.2, train on more data or augment them, take a smaller network by --hidden 16, or regularise it/);
  });

  test("what is to be told is decided by all rows, not by the few that are left to learn from", async () => {
    write("ten.csv", `a,b\n${Array.from({ length: 10 }, (_, n) => `${n},${n * 3}`).join("\n")}\n`);
    const { code, stdout } = await run(["train", "ten.csv", "-t", "b", "--test", "0.5", "--validation", "0.5", "--epochs", "2", "--json"]);
    expect([code, JSON.parse(stdout).task]).toEqual([0, "regression"]);
  });

  test("rows are counted over all parts of a file", async () => {
    const lines = iris.trim().split("\n");
    write("late.csv", `${[lines[0], ...Array.from({ length: 5000 }, (_, n) => lines[1 + (n % 150)]), "5,x,1,1,setosa"].join("\n")}\n`);
    expect((await run(["predict", "iris.safetensors", "late.csv", "--out", "late-answers.csv"])).stderr).toMatch(/^error: late\.csv: row 5001, column "sepal_width": expected a number, as in training, or an empty cell where there is none, got "x"\n$/);
  });
});

describe("a mistake is told in one line, without a stack", () => {
  beforeAll(() => {
    write("keys.csv", `a,key\n${Array.from({ length: 30 }, (_, n) => `${n % 7},K${n}`).join("\n")}\n`);
    write("huge.csv", "a,b\n1,x\n1e31,y\n");
    write("header.csv", "a,b\n");
    write("latin.csv", Buffer.from("größe,b\n1,2\n", "latin1"));
    write("other.safetensors", "hello, this is no model");
    write("open.csv", 'a,b\n1,"2\n');
    write("short.csv", "a,b\n1,2\n3\n");
    write("one.csv", `a,b\n${"1,x\n".repeat(9)}`);
    write("empty.csv", "");
    write("notes.txt", "keep me");
    write("tulip.csv", `${iris.split("\n")[0]}\n1,2,3,4,\n1,2,3,4,tulip\n`);
  });

  test.each<[string, string[], number, RegExp]>([
    ["a file that isn't there", ["train", "nowhere.csv", "-t", "a"], 1, /^error: .*nowhere\.csv: there is no such file$/],
    ["a folder", ["train", ".", "-t", "a"], 1, /it is a folder/],
    ["a misspelt column", ["train", "iris.csv", "-t", "specis"], 1, /^error: --target: there is no column "specis"; did you mean "species"\? The columns are sepal_length, /],
    ["a column to leave out that isn't there", ["train", "iris.csv", "-t", "species", "--ignore", "colour"], 1, /^error: --ignore: there is no column "colour"/],
    ["an open quote", ["train", "open.csv", "-t", "a"], 1, /^error: open\.csv: line 2: a quote is opened and never closed$/],
    ["a row too short", ["train", "short.csv", "-t", "a"], 1, /^error: short\.csv: line 3: expected 2 cells, as the first row has, got 1$/],
    ["one class only", ["train", "one.csv", "-t", "b"], 1, /^error: /],
    ["an empty file", ["train", "empty.csv", "-t", "a"], 1, /^error: empty\.csv: expected rows of cells, got an empty file$/],
    ["names of columns alone to predict", ["predict", "iris.safetensors", "header.csv"], 1, /^error: header\.csv: has names of columns, and no row below them$/],
    ["names of columns alone to judge by", ["evaluate", "iris.safetensors", "header.csv"], 1, /^error: header\.csv: has names of columns, and no row below them$/],
    ["names of columns alone", ["train", "header.csv", "-t", "a"], 1, /^error: header\.csv: has names of columns, and no row below them$/],
    ["another encoding", ["train", "latin.csv", "-t", "b"], 1, /^error: latin\.csv: .* such as --encoding windows-1252, or save it as UTF-8$/],
    ["a table for a model", ["report", "iris.csv"], 1, /^error: iris\.csv: is no model; give what "deltawasm train" saved$/],
    ["a target that is another in each row", ["train", "keys.csv", "-t", "key"], 1, /^error: target: column "key" has nearly as many different values as rows \(30 in 30\).*choose another column$/],
    ["a number beyond all", ["train", "huge.csv", "-t", "b"], 1, /^error: huge\.csv: row 2, column "a": expected a number between -1e30 and 1e30, got 1e\+31$/],
    ["a file that would be lost", ["train", "iris.csv", "-t", "species", "--out", "notes.txt"], 1, /^error: --out: notes\.txt is there already; take another name, or --force to write over it$/],
    ["a folder to write to that isn't there", ["train", "iris.csv", "-t", "species", "--out", "no/where.safetensors"], 1, /^error: --out: there is no folder/],
    ["a folder in place of a file, before the work", ["train", "iris.csv", "-t", "species", "--out", ".", "--force"], 1, /^error: --out: \. is a folder; give the name of a file$/],
    ["a target that is left out", ["train", "iris.csv", "-t", "species", "--ignore", "species"], 1, /^error: --target: "species" can't be in --ignore/],
    ["a delimiter of two characters", ["train", "iris.csv", "-t", "species", "--delimiter", "ab"], 1, /^error: --delimiter: expected one character/],
    ["more threads than there can be", ["train", "iris.csv", "-t", "species", "--threads", "1000"], 1, /^error: --threads: expected a whole number from 1 to 64, got 1000$/],
    ["a class that the model doesn't know", ["evaluate", "iris.safetensors", "tulip.csv"], 1, /^error: row 2: the class "tulip" is none that the model knows: setosa, versicolor, virginica$/],
    ["no target", ["train", "iris.csv"], 2, /required option '-t, --target <column>' not specified/],
    ["an unknown option", ["train", "iris.csv", "-t", "species", "--epoch", "3"], 2, /unknown option '--epoch'\n\(Did you mean --epochs\?\)/],
    ["an unknown command", ["trian"], 2, /unknown command 'trian'\n\(Did you mean train\?\)/],
    ["a share that is none", ["train", "iris.csv", "-t", "species", "--test", "2"], 2, /--test <share>' argument '2' is invalid. expected a share/],
    ["a hidden layer of no width", ["train", "iris.csv", "-t", "species", "--hidden", "64,0"], 2, /--hidden <widths>' argument '64,0' is invalid. expected a whole number from 1/],
    ["a learning rate of 0", ["train", "iris.csv", "-t", "species", "--learning-rate", "0"], 2, /--learning-rate <rate>' argument '0' is invalid. expected a number above 0, at most 1e6/],
    ["epochs that are none", ["train", "iris.csv", "-t", "species", "--epochs", "0"], 2, /expected a whole number from 1/],
    ["no model", ["predict", "other.safetensors", "iris.csv"], 1, /^error: other\.safetensors: /],
    ["a table without the model's columns", ["predict", "iris.safetensors", "houses.csv"], 1, /^error: .*sepal_length/],
    ["a table without the target", ["evaluate", "iris.safetensors", "new.csv"], 1, /^error: the data have no column "species"/],
    ["predictions over a file that is there", ["predict", "iris.safetensors", "iris.csv", "--out", "iris.csv"], 1, /^error: --out: iris\.csv is there already/],
  ])("%s", async (_, args, code, words) => {
    const result = await run(args);
    expect(result.stderr.trim()).toMatch(words);
    expect(result.stderr).not.toMatch(/\n\s+at /);
    expect(result.code).toBe(code);
  });

  test("and what was there is there still", () => {
    expect(readFileSync(at("notes.txt"), "utf8")).toBe("keep me");
    expect(readFileSync(at("iris.csv"), "utf8")).toBe(iris);
    expect(existsSync(at("nowhere.safetensors"))).toBe(false);
  });
});
