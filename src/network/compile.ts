import { Add, Op } from "../../assembly/records";
import { flat } from "../plan/arrange";
import type { PlanBuilder, Tensor } from "../plan/builder";
import { record, shared, work } from "../plan/record";
import { type Graph, type GraphNode, INPUT } from "./graph";

/** What a graph is compiled for. */
export interface CompileTarget {
  /** The addresses of the flat vectors; `gradients` is 0 in plans that only predict. */
  parameters: number;
  gradients: number;
  /** Whether a node's parameters stay as they are. */
  isFrozen: (node: GraphNode) => boolean;
  /** Whether the loss takes in the last activation. */
  activationInLoss: boolean;
}

/** What the random numbers of layers are for: beyond those of parameters and of shuffling. */
const LAYER_STREAM = 0x80000001;

/** Emits all layers from `x` on; the output, one row of numbers for each row of the batch. */
export function compileGraph(graph: Graph, builder: PlanBuilder, x: Tensor, target: CompileTarget): Tensor {
  const { nodes, spec } = graph;
  /** How many still take the output of a node. */
  const uses = new Map<number, number>();
  const use = (node: number, change: number) => uses.set(node, (uses.get(node) ?? 0) + change);
  for (const { from } of nodes) for (const node of from) use(node, 1);
  use(nodes.length - 1, 1);

  const tensors = new Map([[INPUT, x]]);
  // A batch may be computed more than once from an input that was copied once.
  if (builder.training || uses.get(INPUT)! > 1) x.saved = true;
  const trained = new Set<number>();
  for (const [index, node] of nodes.entries()) {
    const isFrozen = target.isFrozen(node);
    const hasTrained = !isFrozen && node.parameters.some(({ role }) => role !== "buffer");
    if (builder.training && (hasTrained || node.from.some((n) => trained.has(n)))) trained.add(index);
    const inputs = node.from.map((n) => {
      use(n, -1);
      return uses.get(n)! > 0 ? withGradientOfItsOwn(builder, tensors.get(n)!) : tensors.get(n)!;
    });
    const output = node.type.compile(node.spec, {
      builder,
      inputs,
      x: inputs[0],
      inputShapes: node.inputShapes,
      outputShape: node.shape,
      parameters: node.parameters.map(({ offset, role }) => ({
        value: target.parameters + offset * 4,
        gradient: target.gradients === 0 || isFrozen || role === "buffer" ? 0 : target.gradients + offset * 4,
      })),
      trains: trained.has(index),
      frozen: isFrozen,
      activationInLoss: target.activationInLoss && index === nodes.length - 1,
      random: { seed: spec.seed ?? 0, stream: LAYER_STREAM + index },
    });
    if (uses.get(index)! > 1) output.saved = true;
    tensors.set(index, output);
    builder.outputs.push(output);
    for (const n of tensors.keys()) if (uses.get(n) === 0) tensors.delete(n);
    if (!builder.training) builder.keepOnly([...tensors.values()]);
  }
  return flat(builder, tensors.get(nodes.length - 1)!, graph.outputShape);
}

/**
 * The tensor as an earlier one of several layers sees it. The last one's backward operations run first, and write the gradient; those of
 * the others write to a place of their own, which is added then.
 */
function withGradientOfItsOwn(builder: PlanBuilder, x: Tensor): Tensor {
  if (x.gradient === 0) return x;
  const { cols, ld, points } = x;
  const gradient = builder.reserve(builder.capacity * points * ld * 4);
  builder.emitBackward([shared(work.pass(builder.capacity * points * cols), record(Op.Add, Add, {
    y: x.gradient, ldy: ld, x: gradient, ldx: ld, cols,
  }, points))]);
  return { ...x, gradient };
}
