import type { PlanBuilder, Tensor } from "../../plan/builder";
import type { ActivationName } from "../activations";
import type { InitialFill } from "../initialisers";
import type { Layout } from "../layouts";
import type { LayerSpec } from "./index";
import type { Shape } from "../shape";

/** What every layer may be told. */
export interface LayerOptions {
  /** What its parameters are named by, as an attribute of a PyTorch module: "conv1" gives `conv1.weight`. Default: its number among the layers. */
  name?: string;
}

/** Where a layer stands in a network. */
export interface Placed extends LayerOptions {
  /** The numbers of the layers whose outputs it takes, −1 for the network's input. Default: the layer before it. `graph` writes it. */
  from?: readonly number[];
}

/** The keys of a layer with such options of its own. */
export function layerKeys(...options: readonly string[]): string[] {
  return ["type", ...options, "name", "from"];
}

/** One tensor of parameters of a layer, as users see it. */
export interface ParameterSpec {
  name: string;
  /** "weight" takes decay and penalties, "vector" doesn't; "buffer" isn't trained by gradients: running statistics. */
  role: "weight" | "vector" | "buffer";
  /** As PyTorch has it: [outputs, inputs] of a dense layer. */
  shape: readonly number[];
  layout: Layout;
  fill: InitialFill;
  /** The least that its numbers may be: 0 of a variance. Default: no limit. */
  least?: number;
}

/** Where a layer finds a parameter and its gradient (0 in plans that only predict, and where it is frozen). */
export interface ParameterAddress {
  value: number;
  gradient: number;
}

/** What a layer gets to emit its operations. */
export interface CompileContext {
  builder: PlanBuilder;
  /** The tensors that go in; `x` is the first. */
  inputs: readonly Tensor[];
  x: Tensor;
  /** Their shapes, and that of what comes out. */
  inputShapes: readonly Shape[];
  outputShape: Shape;
  /** The layer's parameters, in the order of `parameters`. */
  parameters: readonly ParameterAddress[];
  /** Whether what comes out needs a gradient: something in this layer or below it is trained. */
  trains: boolean;
  /** Whether this layer is frozen: its statistics stay as they are. */
  frozen: boolean;
  /** The loss takes the pre-activation of this layer: its last activation is left to the loss operation. */
  activationInLoss: boolean;
  /** Where the layer's random numbers come from: those of a step are told apart by the state's `pass`. */
  random: { seed: number; stream: number };
}

/** All that is particular to a kind of layer. `Spec` is the plain data that users write and files hold. */
export interface LayerType<Spec> {
  /** Checks what a user gave; `where` names it in messages. @throws DeltawasmError */
  check(where: string, spec: Spec): void;
  /** How many inputs it takes. Default: one. */
  arity?: "one" | "many";
  /** Where the input must be whole numbers below this: the count of an embedding, which stands on the network's input. */
  indexLimit?(spec: Spec): number;
  /** What comes out when such inputs go in. @throws DeltawasmError shape, range */
  shape(where: string, spec: Spec, inputs: readonly Shape[]): Shape;
  parameters(spec: Spec, inputs: readonly Shape[]): ParameterSpec[];
  /** The activation that it ends with. Default "linear". */
  activation?(spec: Spec): ActivationName;
  /** Where it takes whole numbers that choose rows instead of numbers: they are from 0 up to below this. */
  indexLimit?(spec: Spec): number;
  /** Emits the forward operations and, when training, the backward ones; gives the output. */
  compile(spec: Spec, context: CompileContext): Tensor;
}

/** What a layer that is made of others may ask for. */
export interface Expansion {
  /** The node whose output it takes. */
  input: readonly [number];
  /** Adds layers one after the other on its input, named "prefix.0" and so on; the last one's node. */
  layers(where: string, layers: readonly LayerSpec[], prefix: string): number;
  /** Adds one layer on the outputs of nodes, its parameters named by the suffix. */
  layer(where: string, layer: LayerSpec, inputs: readonly number[], suffix?: string): number;
  shapeOf(node: number): Shape;
}

/** A kind of layer that is made of others. */
export interface CompositeType<Spec> {
  check(where: string, spec: Spec): void;
  /** Adds its layers; the node that gives the output. */
  expand(where: string, spec: Spec, input: Shape, add: Expansion): number;
}
