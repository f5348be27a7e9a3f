import { checkInteger, checkOptions, plainCopy } from "../core/check";
import { DeltawasmError } from "../core/errors";
import { show } from "../core/show";
import type { ActivationName } from "./activations";
import { isComposite, type LayerSpec, layerType } from "./layers";
import type { LayerType, ParameterSpec } from "./layers/layer";
import { checkShape, type Shape, sizeOf } from "./shape";

/** A network as plain data: what `Network.create` takes and a file holds. */
export interface NetworkSpec {
  /**
   * The shape of an input row: how many numbers, or [length, features] of a sequence, or [channels, height, width] of an image; 1 to
   * 1,048,576 numbers in all. Data have the numbers of a row in this order, channel after channel.
   */
  input: number | readonly number[];
  /** From the input to the output. Each takes what the one before it gives, unless its `from` says otherwise. */
  layers: readonly LayerSpec[];
  /** Decides the initial weights, the shuffling and all that is random. A whole number from 0; default 0. */
  seed?: number;
}

/** A tensor of parameters and its place in the flat vector of all parameters. */
export interface Parameter extends ParameterSpec {
  /** First float. */
  offset: number;
}

/** One operation of a network on the outputs of others. */
export interface GraphNode {
  /** What its parameters are named by. */
  name: string;
  /** The layer of the spec that it belongs to. */
  layer: number;
  type: LayerType<LayerSpec>;
  spec: LayerSpec;
  /** The nodes whose outputs it takes, INPUT for the network's input. */
  from: readonly number[];
  inputShapes: readonly Shape[];
  shape: Shape;
  parameters: Parameter[];
}

/** In `from`: the input of the network. */
export const INPUT = -1;

/** A spec with every shape known and every option checked, and the layout of its parameters. */
export interface Graph {
  /** A frozen copy of what the user gave. */
  spec: NetworkSpec;
  inputShape: Shape;
  outputShape: Shape;
  /** Numbers of an input row, and of an output row. */
  inputs: number;
  outputs: number;
  /** In an order in which each comes after those that it takes; the last gives the output. */
  nodes: GraphNode[];
  /**
   * Weights first, in the order of the layers, then vectors, then buffers: one region, the part that takes weight decay in front, what no
   * gradient trains at the end.
   */
  parameters: Parameter[];
  /** Floats of the parameters that take weight decay, of those that are trained, and of all. */
  decayed: number;
  length: number;
  total: number;
  /** Trained parameters without padding, as one counts them. */
  count: number;
  /** The activation that the network ends with. */
  outputActivation: ActivationName;
  /** Where inputs are indices: they are whole numbers below this. */
  indexLimit: number | undefined;
}

const MOST_LAYERS = 10_000;
/** Lists of layers in one another: as deep as `plainCopy` copies them. */
const MOST_LISTS = 6;

/** Infers and checks. @throws DeltawasmError type, range, unknown, empty, shape, conflict */
export function buildGraph(given: NetworkSpec): Graph {
  const { input, layers, seed } = checkOptions("spec", given, ["input", "layers", "seed"]);
  const inputShape = Array.isArray(input) ? checkShape("spec.input", input) : [checkInteger("spec.input", input, 1, 2 ** 20)];
  if (seed !== undefined) checkInteger("spec.seed", seed, 0);
  if (!Array.isArray(layers)) throw new DeltawasmError("type", `spec.layers: expected an array of layers, got ${show(layers)}`);
  if (layers.length > MOST_LAYERS) throw new DeltawasmError("range", `spec.layers: expected at most ${MOST_LAYERS} layers, got ${layers.length}`);
  const copies = Object.freeze(Array.from(layers, (layer: unknown) => plainCopy(layer))) as readonly LayerSpec[];
  const nodes = new Nodes(inputShape);
  nodes.addAll("spec.layers", copies, INPUT, "");
  nodes.checkUse();
  const spec: NetworkSpec = Object.freeze({
    input: typeof input === "number" ? input : inputShape, layers: copies, ...(seed === undefined ? {} : { seed: seed as number }),
  });
  const last = nodes.list.at(-1)!;
  return {
    spec,
    inputShape,
    outputShape: last.shape,
    inputs: sizeOf(inputShape),
    outputs: sizeOf(last.shape),
    nodes: nodes.list,
    ...layOut(nodes.list.flatMap((node) => node.parameters)),
    outputActivation: last.type.activation?.(last.spec) ?? "linear",
    indexLimit: nodes.indexLimit,
  };
}

/** Gives each parameter its place. */
function layOut(all: Parameter[]): Pick<Graph, "parameters" | "decayed" | "length" | "total" | "count"> {
  const parameters = (["weight", "vector", "buffer"] as const).map((role) => all.filter((parameter) => parameter.role === role));
  let total = 0;
  const ends = parameters.map((group) => {
    for (const parameter of group) {
      parameter.offset = total;
      total += parameter.layout.length;
    }
    return total;
  });
  const [decayed, length] = ends;
  const count = all.reduce((sum, { role, shape }) => sum + (role === "buffer" ? 0 : sizeOf(shape)), 0);
  return { parameters: parameters.flat(), decayed, length, total, count };
}

/** The nodes of a network as its layers are gone through. */
class Nodes {
  readonly list: GraphNode[] = [];
  indexLimit: number | undefined;
  readonly #inputShape: Shape;
  readonly #names = new Map<string, string>();
  readonly #where: string[] = [];
  /** Layers that take the input as numbers, and as indices. */
  #numbers: string | undefined;
  #indices: { where: string; type: string } | undefined;
  #layer = 0;
  /** Lists of layers that are being added, in one another. */
  #lists = 0;

  constructor(inputShape: Shape) {
    this.#inputShape = inputShape;
  }

  shapeOf(node: number): Shape {
    return node === INPUT ? this.#inputShape : this.list[node].shape;
  }

  /** A list of layers on the output of a node; the node that gives the last one's output. */
  addAll(where: string, layers: readonly LayerSpec[], input: number, prefix: string): number {
    if (!Array.isArray(layers)) throw new DeltawasmError("type", `${where}: expected an array of layers, got ${show(layers)}`);
    if (layers.length === 0) throw new DeltawasmError("empty", `${where}: expected at least one layer, got none`);
    if (layers.length > MOST_LAYERS) throw new DeltawasmError("range", `${where}: expected at most ${MOST_LAYERS} layers, got ${layers.length}`);
    if (++this.#lists > MOST_LISTS) throw new DeltawasmError("range", `${where}: expected blocks in one another at most ${MOST_LISTS - 1} deep`);
    const outputs: number[] = [];
    for (const [index, layer] of layers.entries()) {
      const at = `${where}[${index}]`;
      if (prefix === "") this.#layer = index;
      const type = layerType(at, layer);
      const name = `${prefix}${this.#checkName(at, layer.name) ?? index}`;
      const from = checkFrom(at, layer.from, index).map((n) => (n === INPUT ? input : outputs[n]));
      outputs.push(this.#add(at, layer, type, from, name));
    }
    this.#lists--;
    return outputs.at(-1)!;
  }

  /** Throws unless every layer's output goes somewhere. */
  checkUse(): void {
    const used = new Set(this.list.flatMap(({ from }) => from));
    const idle = this.list.findIndex((_, n) => n < this.list.length - 1 && !used.has(n));
    if (idle >= 0) throw new DeltawasmError("conflict", `${this.#where[idle]}: no layer takes its output: name it in another layer's from, or leave it out; the last layer gives the output of the network`);
  }

  #add(where: string, layer: LayerSpec, type: ReturnType<typeof layerType>, from: readonly number[], name: string): number {
    if (this.list.length >= MOST_LAYERS) throw new DeltawasmError("range", `${where}: expected at most ${MOST_LAYERS} layers in all`);
    type.check(where, layer);
    const shapes = from.map((node) => this.shapeOf(node));
    const isMany = !isComposite(type) && type.arity === "many";
    if (!isMany && from.length !== 1) throw new DeltawasmError("conflict", `${where}.from: ${layer.type} takes one input, got ${from.length}`);
    if (isComposite(type)) {
      return type.expand(where, layer, shapes[0], {
        input: [from[0]],
        layers: (at, layers, prefix) => this.addAll(at, layers, from[0], `${name}.${prefix}.`),
        layer: (at, inner, inputs, suffix) => this.#add(at, inner, layerType(at, inner), inputs, suffix ? `${name}.${suffix}` : name),
        shapeOf: (node) => this.shapeOf(node),
      });
    }
    const shape = type.shape(where, layer, shapes);
    const parameters = type.parameters(layer, shapes).map((parameter) => this.#named(where, name, parameter));
    const limit = type.indexLimit?.(layer);
    if (limit !== undefined) this.#limitIndices(where, layer, from[0], limit);
    else if (from.includes(INPUT)) this.#numbers = where;
    if (this.#indices && this.#numbers !== undefined) {
      throw new DeltawasmError("conflict", `${this.#indices.where}: ${this.#indices.type} takes the network's input as whole numbers that choose rows, and ${this.#numbers} takes it as numbers`);
    }
    this.list.push({ name, layer: this.#layer, type, spec: layer, from, inputShapes: shapes, shape, parameters });
    this.#where.push(where);
    return this.list.length - 1;
  }

  #limitIndices(where: string, layer: LayerSpec, from: number, limit: number): void {
    if (from !== INPUT) throw new DeltawasmError("conflict", `${where}: ${layer.type} takes the network's input, whole numbers that choose rows, got the output of another layer; put it first`);
    this.#indices = { where, type: layer.type };
    this.indexLimit = Math.min(limit, this.indexLimit ?? limit);
  }

  #named(where: string, layer: string, parameter: ParameterSpec): Parameter {
    const name = `${layer}.${parameter.name}`;
    const other = this.#names.get(name);
    if (other !== undefined) throw new DeltawasmError("conflict", `${where}.name: its parameter would be ${show(name)}, as that of ${other}; give it another name`);
    this.#names.set(name, where);
    return { ...parameter, name, offset: 0 };
  }

  #checkName(where: string, name: unknown): string | undefined {
    if (name === undefined) return undefined;
    if (typeof name !== "string") throw new DeltawasmError("type", `${where}.name: expected a string, got ${show(name)}`);
    // Dots part the names of nested layers; a number might be another layer's.
    if (!/^[A-Za-z_][\w.-]{0,99}$/.test(name)) throw new DeltawasmError("range", `${where}.name: expected letters, digits, "_", "-" and ".", a letter first, at most 100, got ${show(name)}`);
    return name;
  }
}

/** The numbers of the layers that a layer takes; by default the one before it. */
function checkFrom(where: string, from: unknown, index: number): readonly number[] {
  if (from === undefined) return [index - 1];
  const expected = `expected an array of whole numbers from ${INPUT} (the input) to ${index - 1} (the layer before)`;
  if (!Array.isArray(from)) throw new DeltawasmError("type", `${where}.from: ${expected}, got ${show(from)}`);
  if (from.length === 0) throw new DeltawasmError("empty", `${where}.from: ${expected}, got none`);
  if (from.length > MOST_LAYERS) throw new DeltawasmError("range", `${where}.from: expected at most ${MOST_LAYERS} numbers, got ${from.length}`);
  return from.map((n: unknown) => {
    if (typeof n === "number" && Number.isInteger(n) && n >= INPUT && n < index) return n;
    throw new DeltawasmError(typeof n === "number" ? "range" : "type", `${where}.from: ${expected}, got ${show(n)}`);
  });
}
