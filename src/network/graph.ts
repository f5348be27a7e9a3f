import { PANEL } from "../../assembly/records";
import { checkInteger, checkOptions, isRecord } from "../core/check";
import { DeltawasmError, show } from "../core/errors";
import { panelsLength, type PlanBuilder, type Tensor } from "../plan/builder";
import type { ActivationName } from "./activations";
import { type LayerSpec, layerType } from "./layers";
import type { LayerType, ParameterSpec } from "./layers/layer";
import { sizeOf } from "./parameters";

/** A network as plain data: what `Network.create` takes and a file holds. */
export interface NetworkSpec {
  /** Numbers in an input row, 1 to 1,048,576. */
  input: number;
  /** From the input to the output. */
  layers: LayerSpec[];
  /** Decides the initial weights, the shuffling and all that is random. A whole number from 0; default 0. */
  seed?: number;
}

/** A tensor of parameters and its place in the flat vector of all parameters. */
export interface Parameter extends ParameterSpec {
  /** First float. */
  offset: number;
  /** Floats with padding. */
  length: number;
}

export interface GraphNode {
  type: LayerType<LayerSpec>;
  spec: LayerSpec;
  inputs: number;
  outputs: number;
  parameters: Parameter[];
}

/** A spec with every shape known and every option checked, and the layout of its parameters. */
export interface Graph {
  /** A frozen copy of what the user gave. */
  spec: NetworkSpec;
  inputs: number;
  outputs: number;
  nodes: GraphNode[];
  /** Matrices first, in the order of the layers, then vectors: one region, the part that takes weight decay in front. */
  parameters: Parameter[];
  /** Floats of the parameters that take weight decay, and of all. */
  decayed: number;
  length: number;
  /** Parameters without padding, as one counts them. */
  count: number;
  /** The activation that the network ends with. */
  outputActivation: ActivationName;
}

const LARGEST = 2 ** 20;
const MOST_LAYERS = 10_000;

/** Infers and checks. @throws DeltawasmError type, range, unknown, empty */
export function buildGraph(given: NetworkSpec): Graph {
  const { input, layers, seed } = checkOptions("spec", given, ["input", "layers", "seed"]);
  const inputs = checkInteger("spec.input", input, 1, LARGEST);
  if (seed !== undefined) checkInteger("spec.seed", seed, 0);
  if (!Array.isArray(layers)) throw new DeltawasmError("type", `spec.layers: expected an array of layers, got ${show(layers)}`);
  if (layers.length === 0) throw new DeltawasmError("empty", "spec.layers: expected at least one layer, got none");
  if (layers.length > MOST_LAYERS) throw new DeltawasmError("range", `spec.layers: expected at most ${MOST_LAYERS} layers, got ${layers.length}`);
  const nodes: GraphNode[] = [];
  let cols = inputs;
  for (let index = 0; index < layers.length; index++) {
    const where = `spec.layers[${index}]`;
    const layer = plainCopy(layers[index]) as LayerSpec;
    const type = layerType(where, layer);
    type.check(where, layer);
    const parameters = type.parameters(layer, cols).map((parameter) => ({
      ...parameter, name: `${index}.${parameter.name}`, offset: 0, length: paddedLength(parameter),
    }));
    const outputs = type.outputs(layer, cols);
    nodes.push({ type, spec: layer, inputs: cols, outputs, parameters });
    cols = outputs;
  }
  const copies = Object.freeze(nodes.map((node) => node.spec)) as LayerSpec[];
  const spec: NetworkSpec = Object.freeze({ input: inputs, layers: copies, ...(seed === undefined ? {} : { seed: seed as number }) });
  const all = nodes.flatMap((node) => node.parameters);
  const parameters = [...all.filter(({ kind }) => kind === "matrix"), ...all.filter(({ kind }) => kind === "vector")];
  let length = 0;
  for (const parameter of parameters) {
    parameter.offset = length;
    length += parameter.length;
  }
  return {
    spec,
    inputs,
    outputs: cols,
    nodes,
    parameters,
    decayed: parameters.find(({ kind }) => kind === "vector")?.offset ?? length,
    length,
    count: parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    outputActivation: outputActivation(nodes),
  };
}

/** A frozen copy: what is checked is what is used, whatever the user does with the original. Layers have objects in objects at most. */
function plainCopy(value: unknown, depth = 2): unknown {
  if (!isRecord(value) || depth === 0) return value;
  return Object.freeze(Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plainCopy(entry, depth - 1)])));
}

/** Floats that a parameter takes: whole panels of inputs padded to 4, or a vector padded to 8. */
function paddedLength({ kind, shape }: ParameterSpec): number {
  return kind === "matrix" ? panelsLength(shape[1], shape[0]) : Math.ceil(shape[0] / PANEL) * PANEL;
}

/** Emits all layers from `x` on; `parameters` and `gradients` are the addresses of the flat vectors. */
export function compileGraph(
  graph: Graph, builder: PlanBuilder, x: Tensor, parameters: number, gradients: number, activationInLoss: boolean,
): Tensor {
  let tensor = x;
  graph.nodes.forEach((node, index) => {
    tensor = node.type.compile(node.spec, {
      builder,
      x: tensor,
      parameters: node.parameters.map(({ offset }) => ({
        value: parameters + offset * 4, gradient: gradients === 0 ? 0 : gradients + offset * 4,
      })),
      activationInLoss: activationInLoss && index === graph.nodes.length - 1,
    });
  });
  return tensor;
}

/** That of the last layer. */
function outputActivation(nodes: readonly GraphNode[]): ActivationName {
  const { type, spec } = nodes.at(-1)!;
  return type.activation(spec);
}
