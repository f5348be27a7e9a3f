import type { ActivationName, TrainingObserver } from "deltawasm";

// What the entry hands over of a training: its inside, which only this folder knows how to read.

export type Core = Parameters<TrainingObserver["watch"]>[0];
export type Batches = Parameters<TrainingObserver["watch"]>[1];
export type TrainingWatch = ReturnType<TrainingObserver["watch"]>;
export type DataBlock = Parameters<TrainingWatch["before"]>[0];
export type Plan = ReturnType<Core["epochPlan"]>;
type Tensor = Plan["outputs"][number];

/** A layer that has parameters or an activation. */
export interface ObservedLayer {
  name: string;
  type: string;
  activation: ActivationName;
  /** Its outputs, where nothing is written in their place. */
  tensor?: Tensor;
  /** Whether the tensor has what goes into the activation: the loss takes it in. */
  isBefore: boolean;
  /** Whether it gives the network's output. */
  isLast: boolean;
  /** Whether it trains weights, and not only biases or scales. */
  hasWeights: boolean;
  /** Its trained parameters in the flat vector: first float and length. */
  ranges: { first: number; length: number }[];
}

/** Layers that give on the numbers of those before them as they are. */
const SAME_NUMBERS = ["flatten", "reshape"];

/** The layers of a network, as a plan computes them. */
export function observedLayers({ network: { graph }, setup }: Core, { outputs }: Plan): ObservedLayer[] {
  const { nodes } = graph;
  const isOverwritten = (index: number) => nodes.some(({ spec }, later) => (
    later > index && outputs[later].address === outputs[index].address && !SAME_NUMBERS.includes(spec.type)
  ));
  return nodes.flatMap((node, index) => {
    const trained = setup.frozen.has(node) ? [] : node.parameters.filter(({ role }) => role !== "buffer");
    const activation = node.type.activation?.(node.spec) ?? "linear";
    if (node.parameters.length === 0 && activation === "linear") return [];
    const isLast = index === nodes.length - 1;
    return [{
      name: node.name, type: node.spec.type, activation, isLast, isBefore: isLast && setup.loss.fused,
      ...(isOverwritten(index) ? {} : { tensor: outputs[index] }),
      hasWeights: trained.some(({ role }) => role === "weight"),
      ranges: trained.map(({ offset, layout }) => ({ first: offset, length: layout.length })),
    }];
  });
}
