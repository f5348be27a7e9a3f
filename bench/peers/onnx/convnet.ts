import { KERNEL, type Stage, stagesOf } from "../../networks";
import { type Material, transposed } from "../task";
import type { StateValue } from "./graphs";
import type { GraphBuilder } from "./model";

/** Filters [out, in, height, width], the dense weights [in, out], and a bias of each layer. */
export function convnetValues({ weights, shapes }: Material): StateValue[] {
  return weights.flatMap(({ w, b }, n): StateValue[] => {
    const [outs, ins, ...window] = shapes[n];
    return window.length > 0
      ? [{ name: `w${n}`, shape: shapes[n], start: w }, { name: `b${n}`, shape: [outs], start: b }]
      : [{ name: `w${n}`, shape: [ins, outs], start: transposed(w, outs, ins) }, { name: `b${n}`, shape: [1, outs], start: b }];
  });
}

const same = { kernel_shape: [KERNEL, KERNEL], pads: [1, 1, 1, 1].map((side) => side * (KERNEL >> 1)) };
const pool = { kernel_shape: [2, 2], strides: [2, 2] };

/** Of each convolution what went in, and of its largest numbers the values and where they were; the probabilities. */
export function convnetForward(g: GraphBuilder, m: Material) {
  const stages = stagesOf(m);
  const [{ inputs, height, width }] = stages;
  let image = g.op("Reshape", ["x", g.integers([m.batchSize, inputs, height, width])]);
  const passed = stages.map((_, n) => {
    const given = image;
    const a = g.op("Relu", [g.op("Conv", [given, `w${n}`, `b${n}`], same)]);
    image = g.op("MaxPool", [a], pool, [`pooled${n}`, `places${n}`]);
    return { given, pooled: image, places: `places${n}` };
  });
  const last = stages.length;
  const flat = g.op("Reshape", [image, g.integers([m.batchSize, m.shapes[last][1]])]);
  return { passed, flat, output: g.op("Softmax", [g.op("Gemm", [flat, `w${last}`, `b${last}`])], { axis: 1 }) };
}

/** Forward, backward and SGD's update, from x, t and the parameters to the next parameters. */
export function convnetStep(g: GraphBuilder, m: Material, next: (name: string) => string): void {
  const { batchSize, rate } = m;
  const stages = stagesOf(m);
  const last = stages.length;
  const { passed, flat, output } = convnetForward(g, m);
  const dz = g.op("Sub", [output, "t"]);
  const alpha = { float: -rate / batchSize };
  g.op("Gemm", [flat, dz, `w${last}`], { transA: 1, alpha }, [next(`w${last}`)]);
  g.op("Gemm", [g.initializer("ones", [1, batchSize], new Float32Array(batchSize).fill(1)), dz, `b${last}`], { alpha }, [next(`b${last}`)]);
  const update = (name: string, gradient: string) => {
    g.op("Sub", [name, g.op("Mul", [gradient, g.constant(rate / batchSize)])], {}, [next(name)]);
  };
  let dPooled = g.op("Gemm", [dz, `w${last}`], { transB: 1 });
  for (let n = last - 1; n >= 0; n--) {
    const { inputs, outputs, height, width } = stages[n];
    const { given, pooled, places } = passed[n];
    if (n === last - 1) dPooled = g.op("Reshape", [dPooled, g.integers([batchSize, outputs, height >> 1, width >> 1])]);
    // What relu holds back is 0 among the largest as well, of which there are fewer.
    const dy = g.op("Mul", [dPooled, g.op("Sign", [pooled])]);
    const da = g.op("MaxUnpool", [dy, places, g.integers([batchSize, outputs, height, width])], pool);
    // ONNX has no gradient by the filters: it is the product of da with the windows of all points.
    const gradients = g.op("MatMul", [
      g.op("Reshape", [da, g.integers([batchSize, outputs, height * width])]),
      g.op("Transpose", [windows(g, given, stages[n], batchSize)], { perm: [0, 2, 1] }),
    ]);
    const gradient = g.op("ReduceSum", [gradients, g.integers([0])], { keepdims: 0 });
    update(`w${n}`, g.op("Reshape", [gradient, g.integers([outputs, inputs, KERNEL, KERNEL])]));
    update(`b${n}`, g.op("ReduceSum", [da, g.integers([0, 2, 3])], { keepdims: 0 }));
    if (n > 0) dPooled = g.op("ConvTranspose", [da, `w${n}`], same);
  }
}

/**
 * The windows of all points of an image, [rows, inputs · KERNEL², points]: a convolution of each channel with filters that pick out one number
 * each takes a third of the time of slices.
 */
function windows(g: GraphBuilder, image: string, { inputs, height, width }: Stage, rows: number): string {
  const count = KERNEL ** 2;
  const picks = Float32Array.from({ length: inputs * count ** 2 }, (_, n) => (n % count === Math.floor(n / count) % count ? 1 : 0));
  const filters = g.initializer(`picks${inputs}`, [inputs * count, 1, KERNEL, KERNEL], picks);
  return g.op("Reshape", [g.op("Conv", [image, filters], { ...same, group: inputs }), g.integers([rows, inputs * count, height * width])]);
}
