/**
 * Packs the package as npm would publish it, checks what is in it, and uses it from a project of its own, by `import`, by `require`, and
 * by TypeScript in each way that it looks for types: `node tools/check-package.mjs`, after `npm run build`.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Entries of the package that ESM and CommonJS have, with their types. */
const ENTRIES = ["data", "diagnosis", "index", "metrics", "model", "node", "predict", "report"];
const EXPECTED = [
  "CHANGELOG.md", "LICENSE", "README.md", "package.json", "dist/chunk.js", "dist/cli.js", "dist/core.js", "dist/engine.js", "dist/worker.js",
  "dist/predict.chunk.js", "dist/predict.engine.js", "dist/THIRD-PARTY-LICENSES.txt",
  ...["core", "core.threads", "core.relaxed", "core.relaxed-threads", "core.predict"].map((name) => `dist/${name}.wasm`),
  ...["workerd", "edge-light"].flatMap((name) => [`dist/${name}.js`, `dist/${name}.model.js`, `dist/${name}.predict.js`]),
  ...["chunk", "core", "engine", ...ENTRIES.filter((name) => name !== "node" && name !== "predict")].map((name) => `dist/edge/${name}.js`),
  ...ENTRIES.flatMap((name) => ["js", "cjs", "d.ts", "d.cts"].map((extension) => `dist/${name}.${extension}`)),
].sort();
const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "deltawasm-package-"));

try {
  const output = execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], { cwd: root, encoding: "utf8" });
  const [{ filename, files, size }] = Object.values(JSON.parse(output));
  const paths = files.map(({ path }) => path).sort();
  if (paths.join() !== EXPECTED.join()) {
    throw new Error(`the package holds\n  ${paths.join("\n  ")}\nexpected\n  ${EXPECTED.join("\n  ")}`);
  }
  console.log(`${filename}: ${paths.length} files, ${size} bytes`);

  const installed = join(folder, "node_modules", "deltawasm");
  mkdirSync(installed, { recursive: true });
  execFileSync("tar", ["-xzf", join(folder, filename), "-C", installed, "--strip-components=1"]);

  // Libraries inside, by the source maps; that of the report's page has none.
  const maps = readdirSync(join(root, "dist")).filter((name) => name.endsWith(".map"));
  const sources = maps.flatMap((name) => JSON.parse(readFileSync(join(root, "dist", name), "utf8")).sources);
  const libraries = new Set(["uplot", ...sources.flatMap((path) => /^.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [])]);
  const licences = readFileSync(join(installed, "dist/THIRD-PARTY-LICENSES.txt"), "utf8");
  const unnamed = [...libraries].filter((name) => !licences.split("\n").some((line) => line.startsWith(`${name} `) && line.endsWith(")")));
  if (unnamed.length > 0) throw new Error(`THIRD-PARTY-LICENSES.txt doesn't name ${unnamed.join(", ")}`);
  console.log(`licences of ${libraries.size} libraries: there`);

  // One thread, and two, whose core and worker are files of their own.
  const use = `
    Network.create({ input: 2, layers: [dense(3, "tanh")], seed: 1 }).then(async (network) => {
      if (network.inspect().engine !== "wasm" || network.predict([[0, 1]]).length !== 3) process.exit(1);
      await init({ threads: 2 });
      const large = await Network.create({ input: 256, layers: [dense(256, "relu"), dense(4, "softmax")], seed: 1 });
      const trainer = new Trainer(large, { loss: "crossEntropy" });
      const [x, y] = [new Float32Array(256 * 128).fill(0.5), new Uint8Array(128).fill(3)];
      const { epochs } = await trainer.fit({ x, y }, { epochs: 200, batchSize: 64 });
      const { threads, notes } = large.inspect();
      await saveFile("large.safetensors", large);
      const loaded = await Network.load(await readFile("large.safetensors"));
      if (loaded.inspect().parameters !== large.inspect().parameters) process.exit(1);
      const predictor = await loadPredictor(await readFile("large.safetensors"));
      if (predictor.predict(x.subarray(0, 256)).join() !== large.predict(x.subarray(0, 256)).join()) process.exit(1);
      const error = await saveFile("", large).catch((error) => error);
      if (!(error instanceof DeltawasmError)) process.exit(1);
      if (threads !== 2 || notes.length > 0 || !(epochs.at(-1).loss < epochs[0].loss)) process.exit(1);
    });`;
  writeFileSync(join(folder, "use.mjs"), `import { readFile } from "node:fs/promises";\nimport { DeltawasmError, init, Network, Trainer, dense } from "deltawasm";\nimport { saveFile } from "deltawasm/node";\nimport { loadPredictor } from "deltawasm/predict";${use}\n`);
  writeFileSync(join(folder, "use.cjs"), `const { readFile } = require("node:fs/promises");\nconst { DeltawasmError, init, Network, Trainer, dense } = require("deltawasm");\nconst { saveFile } = require("deltawasm/node");\nconst { loadPredictor } = require("deltawasm/predict");${use}\n`);
  for (const program of ["use.mjs", "use.cjs"]) {
    execFileSync(process.execPath, [program], { cwd: folder, stdio: "inherit" });
    console.log(`${program}: works`);
  }

  // Every entry, and one class in all of them.
  const typed = `
    import { DeltawasmError, Network, Trainer, adam, dense, type History } from "deltawasm";
    import { Dataset, readCsv } from "deltawasm/data";
    import { Diagnosis } from "deltawasm/diagnosis";
    import { accuracy } from "deltawasm/metrics";
    import { Model } from "deltawasm/model";
    import { saveFile } from "deltawasm/node";
    import { loadPredictor, type Predictor } from "deltawasm/predict";
    import { renderReport } from "deltawasm/report";
    export async function use(table: Awaited<ReturnType<typeof readCsv>>): Promise<History> {
      const network = await Network.create({ input: 2, layers: [dense(1, "sigmoid")] });
      const { model } = await Model.train(table, { target: "y" });
      const other: Network = model.network;
      await saveFile("file.safetensors", other);
      const predictors: Predictor[] = [network, await loadPredictor(network.save())];
      predictors.map((one) => one.predict([0, 1]));
      return new Trainer(network, { loss: "binaryCrossEntropy", optimizer: adam() }).fit({ x: [[0, 1]], y: [[1]] }, { epochs: 1, diagnosis: new Diagnosis() });
    }
    export const all: unknown[] = [DeltawasmError, Dataset, accuracy, renderReport];
    // @ts-expect-error the types are there, and say that an input is wanted
    Network.create({ layers: [] });
  `;
  writeFileSync(join(folder, "package.json"), "{}");
  for (const extension of ["mts", "cts"]) writeFileSync(join(folder, `typed.${extension}`), typed);
  const tsc = fileURLToPath(new URL("../node_modules/typescript/bin/tsc", import.meta.url));
  for (const [module, moduleResolution] of [["esnext", "bundler"], ["node16", "node16"], ["nodenext", "nodenext"], ["commonjs", "node10"]]) {
    const options = ["--noEmit", "--strict", "--target", "es2022", "--lib", "es2022,dom", "--module", module, "--moduleResolution", moduleResolution];
    execFileSync(process.execPath, [tsc, ...options, "typed.mts", "typed.cts"], { cwd: folder, stdio: "inherit" });
    console.log(`types for ${module} by ${moduleResolution}: found`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
