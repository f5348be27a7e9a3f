import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { Network } from "../../src/network/network";
import { Trainer } from "../../src/training/trainer";
import { createExact, largestDifference } from "../support/exact";
import { type Layers, readGolden, type StateDict } from "../support/golden";

// Parameters go to PyTorch and come from there, as files of the safetensors format.

/** Probabilities, and other numbers of about 1: some roundings of 2^-24 in each layer. */
const SINGLE = 5e-6;
/** PyTorch predicts from our 32-bit parameters in 64 bits, and so does the engine of the gradient check. */
const EXACT = 1e-12;

const fixtures = fileURLToPath(new URL("../fixtures/", import.meta.url));
const python = "/usr/bin/python3";

describe("a state_dict that PyTorch saved", () => {
  const { spec, x, outputs } = JSON.parse(readFileSync(join(fixtures, "pytorch/cnn.json"), "utf8")) as StateDict;
  const bytes = new Uint8Array(readFileSync(join(fixtures, "pytorch/cnn.safetensors")));

  test("holds a count of batches, which is no parameter here", () => {
    const header = new TextDecoder().decode(bytes.subarray(8, 8 + bytes[0] + 256 * bytes[1]));
    const names = Object.keys(JSON.parse(header) as object);
    expect(names.filter((name) => name.endsWith("num_batches_tracked"))).toHaveLength(3);
    expect(header).toContain('"I64"');
  });

  test("gives its predictions", async () => {
    using network = await Network.create(spec);
    network.loadParameters(bytes);
    expect(largestDifference(network.predict(x), outputs.flat())).toBeLessThan(SINGLE);
  });

  test("gives its predictions, in 64-bit floats", () => {
    const network = createExact(spec);
    network.loadParameters(bytes);
    expect(largestDifference(network.predict(x, new Float64Array(outputs.flat().length)), outputs.flat())).toBeLessThan(EXACT);
  });
});

const hasTorch = spawnSync(python, ["-c", "import torch"]).status === 0;
if (!hasTorch) console.warn(`\n  SKIPPED: PyTorch reads no file of ours: ${python} has no torch (apt install python3-torch)\n`);

describe.skipIf(!hasTorch)("a file that a network saved", () => {
  /** What test/fixtures/read_network.py predicts with the parameters of a file. */
  function predictionsOfTorch(file: Uint8Array, x: number[][]): number[] {
    const folder = mkdtempSync(join(tmpdir(), "deltawasm-"));
    try {
      const path = join(folder, "network.safetensors");
      writeFileSync(path, file);
      const run = spawnSync(python, [join(fixtures, "read_network.py"), path], { input: JSON.stringify(x), encoding: "utf8" });
      expect(run.status, run.stderr).toBe(0);
      return (JSON.parse(run.stdout) as number[][]).flat();
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  const { cases } = readGolden<Layers>("layers");

  // One with convolutions and norms, one with blocks, one with names, one on sequences.
  test.each([
    "conv, norm, relu, pool, dense", "residual blocks of convolutions", "a graph: branches of an image", "norms and projections of a sequence",
  ])("is a state_dict for PyTorch, complete and with nothing beyond: %s", async (name) => {
    const { spec, x, y, loss } = cases.find((one) => one.name === name)!;
    using network = await Network.create(spec);
    const trainer = new Trainer(network, { loss: loss! });
    for (let n = 0; n < 5; n++) trainer.step(x, y!);
    const file = network.save();
    const expected = predictionsOfTorch(file, x);
    expect(largestDifference(network.predict(x), expected)).toBeLessThan(SINGLE);

    const exact = createExact(spec);
    exact.setParameters(network.parameters());
    expect(largestDifference(exact.predict(x, new Float64Array(expected.length)), expected)).toBeLessThan(EXACT);
  });
});
