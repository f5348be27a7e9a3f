import { Op, PreluBackward, PreluForward, PreluGradient, SumRow } from "../../../assembly/records";
import { checkName, checkNumber, checkOptions } from "../../core/check";
import { asPoints } from "../../plan/arrange";
import type { PlanBuilder, Tensor } from "../../plan/builder";
import { record, shared, work } from "../../plan/record";
import { vectorLayout } from "../layouts";
import { matrixOf } from "../shape";
import { layerKeys, type LayerOptions, type LayerType, type ParameterAddress } from "./layer";

/** Options of `prelu`. */
export interface PreluOptions extends LayerOptions {
  /** Slopes that are learned: "one" for all, or one for each of the features or "channels". Default "one". */
  parameters?: "one" | "channels";
  /** The slope that they start with. Default 0.25. */
  initial?: number;
}

/** A prelu as plain data. */
export type PreluSpec = {
  /** Which layer it is. */
  type: "prelu";
} & PreluOptions;

/**
 * A relu whose slope below zero is learned: y = x where x > 0, else weight · x (He et al., ICCV 2015). The derivative at 0 is the weight, as in
 * PyTorch. The shape stays as it is.
 *
 * Its parameter `weight`, [1] or [features] or [channels], is that of PyTorch's `PReLU`; no penalty and no decay act on it here.
 *
 * @example Network.create({ input: 784, layers: [dense(128), prelu({ parameters: "channels" }), dense(10, "softmax")] })
 */
export function prelu(options: PreluOptions = {}): PreluSpec {
  return { type: "prelu", ...options };
}

export const preluLayer: LayerType<PreluSpec> = {
  check(where, spec) {
    checkOptions(where, spec, layerKeys("parameters", "initial"));
    const { parameters = "one", initial = 0.25 } = spec;
    checkName(`${where}.parameters`, parameters, ["one", "channels"]);
    checkNumber(`${where}.initial`, initial, { min: -1e18, max: 1e18 });
  },

  shape: (_where, _spec, [input]) => input,

  parameters({ parameters = "one", initial = 0.25 }, [input]) {
    const count = parameters === "one" ? 1 : matrixOf(input).cols;
    return [{ name: "weight", role: "vector", shape: [count], layout: vectorLayout(count), fill: { kind: "constant", value: initial } }];
  },

  compile({ parameters = "one" }, { builder, x: given, inputShapes: [input], parameters: [weight], trains }) {
    const x = asPoints(builder, given, input);
    const { cols, points } = x;
    const each = parameters === "one" ? 0 : 1;
    const y = !builder.training && !x.saved ? x : builder.tensor(cols, trains, points);
    builder.forward.push(shared(work.pass(builder.capacity * points * cols), record(Op.PreluForward, PreluForward, {
      y: y.address, ldy: y.ld, x: x.address, ldx: x.ld, weight: weight.value, each, cols,
    }, points)));
    if (builder.training && y.gradient) emitBackward(builder, x, y, weight, each);
    return y;
  },
};

function emitBackward(builder: PlanBuilder, x: Tensor, y: Tensor, weight: ParameterAddress, each: number): void {
  const { cols, points } = x;
  const operands = { dy: y.gradient, lddy: y.ld, x: x.address, ldx: x.ld, cols };
  const effort = work.pass(builder.capacity * points * cols);
  const records: Int32Array[] = [];
  if (weight.gradient) {
    const { length } = vectorLayout(cols);
    const dweight = each ? weight.gradient : builder.reserve(length * 4);
    const [sums] = builder.scratch(length * 2);
    records.push(shared(effort, record(Op.PreluGradient, PreluGradient, { ...operands, dweight, sums }, points)));
    if (!each) records.push(record(Op.SumRow, SumRow, { y: weight.gradient, x: dweight, cols }));
  }
  if (x.gradient) {
    records.push(shared(effort, record(Op.PreluBackward, PreluBackward, {
      ...operands, dx: x.gradient, lddx: x.ld, weight: weight.value, each,
    }, points)));
  }
  if (records.length === 0) return;
  x.saved = true;
  builder.emitBackward(records);
}
