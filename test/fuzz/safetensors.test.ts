import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test, vi } from "vitest";
import {
  activation, batchNorm, conv2d, dense, depthwiseConv2d, embedding, flatten, globalAvgPool2d, layerNorm, maxout, maxPool2d, Network, type NetworkSpec,
  prelu, reshape, residual,
} from "../../src/index";
import { dtypes } from "../../src/formats/dtypes";
import { readSafetensors, type SafetensorsFile, writeSafetensors } from "../../src/formats/safetensors";
import { type NetworkFile, readNetworkFile, readParameterFile, TRAINER_TENSORS, writeNetworkFile } from "../../src/network/file";
import { buildGraph } from "../../src/network/graph";
import { type Fuzz, fuzzFile, type Outcomes, unsealed } from "../support/fuzz";

/** Bytes of the arrays that were made. */
const witness = vi.hoisted(() => ({ bytes: 0 }));
vi.mock("../../src/core/memory", async (original) => {
  const memory = await original<typeof import("../../src/core/memory")>();
  return {
    claim: <T>(bytes: number, make: () => T) => {
      witness.bytes += bytes;
      return memory.claim(bytes, make);
    },
    newFloats: (count: number) => {
      witness.bytes += count * 4;
      return memory.newFloats(count);
    },
  };
});
function claimed(): number {
  const { bytes } = witness;
  witness.bytes = 0;
  return bytes;
}

const specs: NetworkSpec[] = [
  { input: 3, layers: [dense(4, "relu"), dense(2, "softmax")], seed: 5 },
  { input: 1, layers: [dense(1)] },
  { input: 2, layers: [dense(3, { type: "elu", alpha: 0.5 }, { bias: false, initializer: { type: "normal", deviation: 0.1 } }), activation("tanh"), dense(9)] },
  {
    input: [2, 6, 5],
    layers: [
      conv2d(3, 3, "relu", { padding: 1, stride: 2 }), batchNorm({ name: "norm" }), residual([depthwiseConv2d(3, "linear", { padding: 1 }), conv2d(4, 1)]), maxPool2d(2), prelu(),
      globalAvgPool2d(), dense(3), { type: "add", from: [6, 6] }, maxout(2, 2),
    ],
  },
  { input: 3, layers: [embedding(7, 4), layerNorm(), flatten(), reshape([2, 3, 2]), flatten(), dense(2)] },
];
let sealed: Uint8Array[];
let open: Uint8Array[];
let foreign: Uint8Array[];

beforeAll(async () => {
  sealed = await Promise.all(specs.map(async (spec) => {
    using network = await Network.create(spec);
    return network.save();
  }));
  const { graph, file } = readNetworkFile(sealed[0]!);
  const parameters = Object.fromEntries([...file.tensors].map(([name, { shape, floats }]) => [name, { shape, data: floats() }]));
  const state = Object.fromEntries(Object.entries(parameters).map(([name, tensor]) => [`optimizer.momentum.${name}`, tensor]));
  sealed.push(writeNetworkFile(graph.spec, { ...parameters, ...state }, {}, JSON.stringify({ steps: 12 })));
  open = sealed.map(unsealed);
  foreign = [
    new Uint8Array(readFileSync(new URL("../fixtures/pytorch/foreign.safetensors", import.meta.url))), unsealed(writeSafetensors(parameters, {})),
    unsealed(writeSafetensors({}, {})),
  ];
});

const readNetwork = (bytes: Uint8Array) => readNetworkFile(bytes, TRAINER_TENSORS);

/** Numbers of a network, all of which must be finite. */
function expectWhole({ graph, tensors }: NetworkFile): void {
  if (tensors.size !== graph.parameters.length) expect.fail("a parameter is missing");
  for (const data of tensors.values()) if (!data.every(Number.isFinite)) expect.fail("a parameter is not finite");
}

function expectBounded(before: NodeJS.MemoryUsage): void {
  const after = process.memoryUsage();
  // Garbage of the last thousands of files may still lie about.
  expect(after.heapUsed - before.heapUsed).toBeLessThan(400e6);
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(200e6);
}

/** How many altered files of each kind, over all its files: 112,000 with those below. */
const COUNTS = { sealed: 50_000, open: 35_000, foreign: 15_000 };

async function fuzzAll<Loaded>(files: readonly Uint8Array[], count: number, seed: number, fuzz: Pick<Fuzz<Loaded>, "load" | "check" | "isSealed">): Promise<Outcomes[]> {
  const before = process.memoryUsage();
  const all: Outcomes[] = [];
  for (const [n, file] of files.entries()) {
    all.push(await fuzzFile({ ...fuzz, file, donors: files, count: Math.ceil(count / files.length), seed: seed + n, claimed }));
  }
  expectBounded(before);
  return all;
}

const total = (all: readonly Outcomes[], key: "loaded" | "refused" | "same") => all.reduce((sum, outcomes) => sum + outcomes[key], 0);

describe("an altered file", () => {
  test("of ours is refused, whatever was altered", async () => {
    const originals = new Map(sealed.map((file) => [file, readNetwork(file)]));
    for (const [file, original] of originals) {
      const outcomes = await fuzzAll([file], COUNTS.sealed / sealed.length, file.length, {
        load: readNetwork, isSealed: true,
        check: (loaded) => expect([...loaded.tensors.values()]).toEqual([...original.tensors.values()]),
      });
      expect(total(outcomes, "loaded")).toBe(0);
      expect(total(outcomes, "refused")).toBeGreaterThan(0.9 * COUNTS.sealed / sealed.length);
    }
  });

  test("without a checksum is refused as a file, or holds a network of finite numbers", async () => {
    const outcomes = await fuzzAll(open, COUNTS.open, 100, { load: readNetwork, check: expectWhole, isSealed: false });
    expect(total(outcomes, "refused")).toBeGreaterThan(20_000);
    // A flipped bit of a weight is another weight.
    expect(total(outcomes, "loaded")).toBeGreaterThan(1000);
    // They get past the first checks.
    expect(new Set(outcomes.flatMap(({ reasons }) => [...reasons.keys()])).size).toBeGreaterThan(40);
  });

  test("of another writer is refused, or holds tensors", async () => {
    const load = (bytes: Uint8Array) => ({ file: readSafetensors(bytes), bytes });
    const check = ({ file, bytes }: { file: SafetensorsFile; bytes: Uint8Array }) => {
      let left = bytes.length - 8 - Number(new DataView(bytes.buffer).getBigUint64(0, true));
      for (const { dtype, shape, floats } of file.tensors.values()) {
        const size = shape.reduce((product, size) => product * size, 1);
        if (floats().length !== size) expect.fail("a tensor has another size than its shape");
        left -= size * dtypes[dtype].bytes;
      }
      if (left !== 0) expect.fail("bytes belong to no tensor, or to two");
    };
    const outcomes = await fuzzAll(foreign, COUNTS.foreign, 200, { load, check, isSealed: false });
    expect(total(outcomes, "refused")).toBeGreaterThan(9000);
    expect(total(outcomes, "loaded")).toBeGreaterThan(500);
  });

  test("for loadParameters is refused with a code, or gives all parameters", async () => {
    const graph = buildGraph(specs[0]!);
    const load = (bytes: Uint8Array) => {
      try {
        return readParameterFile(bytes, graph);
      } catch (error) {
        // What doesn't fit the network is no fault of the file's.
        if (["unknown", "shape", "nonFinite", "type"].includes((error as { code?: string }).code ?? "")) return undefined;
        throw error;
      }
    };
    const check = (tensors: ReturnType<typeof load>) => {
      if (tensors && (tensors.size !== 4 || [...tensors.values()].some((data) => !data.every(Number.isFinite)))) expect.fail("a parameter is not whole");
    };
    const outcomes = await fuzzAll([foreign[1]!], 10_000, 300, { load, check, isSealed: false });
    expect(total(outcomes, "refused")).toBeGreaterThan(5000);
  });
});

test("2000 altered files leave no memory behind in the core", async () => {
  using network = await Network.create(specs[0]!);
  const { used } = network.inspect().core;
  await fuzzFile({
    file: open[0]!, load: (bytes) => Network.load(bytes), check: (loaded) => loaded.dispose(), isSealed: false, count: 2000, seed: 400,
  });
  expect(network.inspect().core.used).toBe(used);
});
