import type { JsPeer } from "../peer";
import { KERNEL, stagesOf } from "../../networks";
import { denseChannelsLast, type Material, meanLoss, permuted, split } from "../task";

interface Vol {
  w: Float64Array;
}

interface Net {
  makeLayers(definitions: object[]): void;
  layers: { layer_type: string; filters?: Vol[]; biases?: Vol }[];
  forward(vol: Vol): Vol;
}

interface Library {
  Vol: new (sx: number, sy: number, depth: number, fill: number) => Vol;
  Net: new () => Net;
  Trainer: new (net: Net, options: object) => { train(vol: Vol, y: number | number[]): void };
}

/** The weights of each layer that has some, filter by filter, as they lie in its volumes: channels last. */
function filtersOf(m: Material): Float32Array[] {
  const convolutions = stagesOf(m).length;
  return m.weights.map(({ w }, n) => (
    n < convolutions ? permuted(w, m.shapes[n], [0, 2, 3, 1]) : n === convolutions && n > 0 ? denseChannelsLast(m) : w
  ));
}

export const convnet: JsPeer = {
  id: "convnet",
  kind: "JavaScript",
  note: "a linear output for 2-3-1",
  engine: (version) => `ConvNetJS ${version("convnetjs")}`,
  can: ({ optimizer }) => optimizer === "sgd",
  convolves: true,
  start: async (m) => {
    const { default: library } = (await import("convnetjs")) as { default: Library };
    const [depth, height, width] = m.convolutions?.image ?? [m.inputs, 1, 1];
    const net = new library.Net();
    net.makeLayers([
      { type: "input", out_sx: width, out_sy: height, out_depth: depth },
      ...stagesOf(m).flatMap(({ outputs }) => [
        { type: "conv", sx: KERNEL, filters: outputs, stride: 1, pad: KERNEL >> 1, activation: "relu" }, { type: "pool", sx: 2, stride: 2 },
      ]),
      ...m.sizes.slice(1, -1).map((units) => ({ type: "fc", num_neurons: units, activation: m.isXor ? "sigmoid" : "relu" })),
      m.isXor ? { type: "regression", num_neurons: m.outputs } : { type: "softmax", num_classes: m.outputs },
    ]);
    const start = filtersOf(m);
    net.layers.filter(({ layer_type }) => layer_type === "fc" || layer_type === "conv").forEach(({ filters, biases }, n) => {
      filters!.forEach(({ w }, unit) => w.set(start[n].subarray(unit * w.length, (unit + 1) * w.length)));
      biases!.w.set(m.weights[n].b);
    });
    const vols = split(m.x, m.inputs).map((row) => {
      const vol = new library.Vol(width, height, depth, 0);
      vol.w.set(row);
      return vol;
    });
    const targets = Array.from(m.y, (y) => (m.isXor ? [y] : y));
    const trainer = new library.Trainer(net, { method: "sgd", learning_rate: m.rate, momentum: 0, l2_decay: 0, batch_size: m.batchSize });
    if (m.kind === "prediction") {
      return {
        samples: m.batchSize,
        run: (turns) => {
          for (let n = 0; n < turns; n++) for (const vol of vols) net.forward(vol);
        },
        loss: () => NaN,
      };
    }
    let next = 0;
    return {
      samples: m.batchSize,
      run: (turns) => {
        for (let n = 0; n < turns * m.batchSize; n++) {
          trainer.train(vols[next], targets[next]);
          if (++next === vols.length) next = 0;
        }
      },
      loss: () => meanLoss({ ...m, batchSize: 1 }, (row) => net.forward(vols[row]).w),
    };
  },
  get: "npm ci --prefix bench/peers",
};
