import { readFileSync } from "node:fs";
import type * as Deltawasm from "../../../src/index";
import { type JsPeer, Lacking, type Session, type Variant } from "../peer";
import type { Material } from "../task";

/** The package as it is built, from the folder of the bundled bench. */
const root = new URL("../../../", import.meta.url);

async function start(m: Material, { threads, build }: Variant): Promise<Session> {
  const { init, Network, Trainer, dense, adam, sgd } = (await import(new URL("dist/index.js", root).href)) as typeof Deltawasm;
  await init(build === "wide" ? { threads, wide: true } : { threads, build: build as "simd" | "relaxed" });
  const last = m.sizes.length - 2;
  const network = await Network.create({
    input: m.inputs,
    layers: m.sizes.slice(1).map((units, n) => dense(units, m.isXor ? "sigmoid" : n === last ? "softmax" : "relu")),
    seed: 1,
  });
  const { notes, ...actual } = network.inspect();
  if (actual.threads !== threads || (actual.wide ? "wide" : actual.build) !== build) throw new Lacking(notes.join("; "));
  network.setParameters(Object.fromEntries(m.weights.flatMap(({ w, b }, n) => [
    [`${n}.weight`, { shape: [m.sizes[n + 1], m.sizes[n]], data: w }], [`${n}.bias`, { shape: [m.sizes[n + 1]], data: b }],
  ])));
  if (m.kind === "prediction") {
    return {
      samples: m.batchSize,
      run: (turns) => {
        for (let n = 0; n < turns; n++) network.predict(m.x);
      },
      loss: () => NaN,
    };
  }
  const { x, y, batchSize } = m;
  const rate = { learningRate: m.rate };
  const trainer = new Trainer(network, {
    loss: m.isXor ? "squaredError" : "crossEntropy", optimizer: m.optimizer === "sgd" ? sgd(rate) : adam(rate),
  });
  return {
    samples: m.rows,
    run: async (turns) => {
      let total = 0;
      for await (const { seconds } of trainer.epochs({ x, y }, { epochs: turns, batchSize })) total += seconds;
      return total;
    },
    loss: async () => (await trainer.evaluate({ x, y })).loss,
  };
}

/** Through its public functions: shuffling, gathering of batches and slices are counted, the copy of the data into the core is not. */
export const deltawasm: JsPeer = {
  id: "deltawasm",
  kind: "deltawasm",
  variants: [1, 2].flatMap((threads) => (["simd", "relaxed", "wide"] as const).map((build) => ({ threads, build }))),
  engine: () => `deltawasm ${(JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as { version: string }).version}`,
  can: () => true,
  start,
  get: "npm run build",
};
