import {
  activation, type ActivationName, add, batchNorm, type Branch, concat, dense, dropout, graph, type LayerSpec, layerNorm, type NetworkSpec, residual,
} from "../../src/index";
import type { SeededNumbers } from "./numbers";

const ACTIVATIONS: ActivationName[] = ["linear", "tanh", "sigmoid", "gelu", "swish", "softplus", "relu", "leakyRelu", "elu"];
const WIDTHS = [1, 2, 3, 5, 8, 9, 12, 17];

/** A branch, how many numbers it has, and whether a layer takes it. */
interface Grown {
  branch: Branch;
  width: number;
  isUsed: boolean;
}

/**
 * A directed acyclic graph of so many layers, at random: each takes what any layers before it give, or the input, also twice. What nobody
 * takes goes to the end, a dense layer of three units.
 */
export function randomGraph(numbers: SeededNumbers, steps: number, last: ActivationName = "linear"): NetworkSpec {
  const input = numbers.pick(WIDTHS);
  return graph(input, (x) => {
    const grown: Grown[] = [{ branch: x, width: input, isUsed: false }];
    const take = (choices = grown) => {
      // Mostly one of the last, so that it gets deep.
      const one = numbers.uniform(0, 1) < 0.6 ? choices.at(-1)! : numbers.pick(choices);
      one.isUsed = true;
      return one;
    };
    const push = (branch: Branch, width: number) => grown.push({ branch, width, isUsed: false });
    const apply = (layer: LayerSpec) => {
      const { branch, width } = take();
      push(branch.to(layer), width);
    };
    const dense1 = () => {
      const width = numbers.pick(WIDTHS);
      push(take().branch.to(dense(width, numbers.pick(ACTIVATIONS), { bias: numbers.below(4) > 0 })), width);
    };
    const growths = [
      dense1, dense1, dense1,
      () => apply(activation(numbers.pick(ACTIVATIONS))), () => apply(dropout(0.3)), () => apply(batchNorm({ affine: numbers.below(3) > 0 })), () => apply(layerNorm()),
      () => {
        const { branch, width } = take();
        const inner = numbers.pick([width, numbers.pick(WIDTHS)]);
        push(branch.to(residual([dense(4, numbers.pick(ACTIVATIONS)), dense(inner)], { activation: numbers.pick(ACTIVATIONS) })), inner);
      },
      () => {
        const { width } = numbers.pick(grown);
        const alike = grown.filter((one) => one.width === width);
        push(add(...Array.from({ length: 1 + numbers.below(4) }, () => take(alike).branch)), width);
      },
      () => {
        const parts = Array.from({ length: 1 + numbers.below(3) }, () => take());
        push(concat(...parts.map(({ branch }) => branch)), parts.reduce((sum, { width }) => sum + width, 0));
      },
    ];
    for (let n = 0; n < steps; n++) numbers.pick(growths)();
    const idle = grown.filter(({ isUsed }) => !isUsed).map(({ branch }) => branch);
    return (idle.length > 1 ? concat(...idle) : idle[0]).to(dense(3, last));
  }, { seed: numbers.below(1000) });
}
