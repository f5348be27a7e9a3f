import { readFileSync } from "node:fs";
import type * as Deltawasm from "../../../src/index";
import { type JsPeer, Lacking, type Session, type Variant } from "../peer";
import { KERNEL } from "../../networks";
import type { Material } from "../task";

/** The package as it is built, from the folder of the bundled bench. */
const root = new URL("../../../", import.meta.url);

async function start(m: Material, { threads, build }: Variant): Promise<Session> {
  const { init, Network, Trainer, adam, conv2d, dense, flatten, maxPool2d, sgd } = (await import(new URL("dist/index.js", root).href)) as typeof Deltawasm;
  await init(build === "wide" ? { threads, wide: true } : { threads, build: build as "simd" | "relaxed" });
  const last = m.sizes.length - 2;
  const { image, channels } = m.convolutions ?? { image: m.inputs, channels: [] };
  const network = await Network.create({
    input: image,
    layers: [
      ...channels.flatMap((count, n) => [conv2d(count, KERNEL, "relu", { padding: "same", name: `conv${n}` }), maxPool2d(2)]),
      ...(m.convolutions ? [flatten()] : []),
      ...m.sizes.slice(1).map((units, n) => dense(units, m.isXor ? "sigmoid" : n === last ? "softmax" : "relu", { name: `dense${n}` })),
    ],
    seed: 1,
  });
  const { notes, ...actual } = network.inspect();
  if (actual.threads !== threads || (actual.wide ? "wide" : actual.build) !== build) throw new Lacking(notes.join("; "));
  network.setParameters(Object.fromEntries(m.weights.flatMap(({ w, b }, n) => {
    const name = n < channels.length ? `conv${n}` : `dense${n - channels.length}`;
    return [[`${name}.weight`, { shape: m.shapes[n], data: w }], [`${name}.bias`, { shape: [b.length], data: b }]];
  })));
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
  // The first epoch goes in the order of the data, so that losses can be compared.
  let shuffle = false;
  return {
    samples: m.rows,
    run: async (turns) => {
      let total = 0;
      for await (const { seconds } of trainer.epochs({ x, y }, { epochs: turns, batchSize, shuffle })) total += seconds;
      shuffle = true;
      return total;
    },
    loss: async () => (await trainer.evaluate({ x: x.subarray(0, m.checked * m.inputs), y: y.subarray(0, m.checked) })).loss,
  };
}

/** Through its public functions: shuffling, gathering of batches and slices are counted, the copy of the data into the core is not. */
export const deltawasm: JsPeer = {
  id: "deltawasm",
  kind: "deltawasm",
  variants: [1, 2].flatMap((threads) => (["simd", "relaxed", "wide"] as const).map((build) => ({ threads, build }))),
  engine: () => `deltawasm ${(JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as { version: string }).version}`,
  can: () => true,
  convolves: true,
  start,
  get: "npm run build",
};
