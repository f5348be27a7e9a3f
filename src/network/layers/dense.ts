import {
  CHUNK, DenseForward, DenseInputGradient, DenseUpdate, DenseWeightGradient, DEPTH_BLOCK, Op, PACK, PACK_ROWS, PACKED_PANELS, PANEL,
} from "../../../assembly/records";
import { checkBoolean, checkInteger, checkOptions } from "../../core/check";
import { asPoints } from "../../plan/arrange";
import { panelsLength, type PlanBuilder, type Tensor } from "../../plan/builder";
import { DeltawasmError } from "../../core/errors";
import { record, shared, work } from "../../plan/record";
import { type ActivationOption, defaultInitializer, resolveActivation } from "../activations";
import { type Initializer, initialFill } from "../initialisers";
import { panelsLayout, vectorLayout } from "../layouts";
import { matrixOf, type Shape, showShape, withCols } from "../shape";
import { compileActivation } from "./activation";
import { checkInitializer } from "./initializerOption";
import { layerKeys, type LayerOptions, type LayerType, type ParameterAddress, type ParameterSpec } from "./layer";

/** Options of `dense`. */
export interface DenseOptions extends LayerOptions {
  /** How the weights start. Default: He for the relu family, LeCun for selu, Glorot otherwise. */
  initializer?: Initializer;
  /** Whether there is a bias for each unit. Default true. */
  bias?: boolean;
  /** How the biases start. Default zeros. */
  biasInitializer?: Initializer;
}

/** A dense layer as plain data. */
export interface DenseSpec extends DenseOptions {
  /** Which layer it is. */
  type: "dense";
  /** Outputs, 1 to 1,048,576. */
  units: number;
  /** Applied to the outputs. Default "linear". */
  activation?: ActivationOption;
}

/**
 * A fully connected layer: a = f(x · Wᵀ + b), with W [units, inputs] and b [units]. Of a sequence [length, features] it takes each position
 * for itself. `Network.create` checks what it is given.
 *
 * @param units outputs of the layer, 1 to 1,048,576
 * @param activation f; default "linear"
 *
 * @example dense(48, "relu")
 * @example dense(10, "softmax", { initializer: { type: "normal", deviation: 0.01 } })
 */
export function dense(units: number, activation: ActivationOption = "linear", options: DenseOptions = {}): DenseSpec {
  return { type: "dense", units, activation, ...options };
}

const LARGEST = 2 ** 20;

export const denseLayer: LayerType<DenseSpec> = {
  check(where, spec) {
    checkOptions(where, spec, layerKeys("units", "activation", "initializer", "bias", "biasInitializer"));
    checkInteger(`${where}.units`, spec.units, 1, LARGEST);
    const { activation = "linear" } = spec;
    resolveActivation(`${where}.activation`, activation);
    if (spec.bias !== undefined) checkBoolean(`${where}.bias`, spec.bias);
    if (spec.initializer !== undefined) checkInitializer(`${where}.initializer`, spec.initializer);
    if (spec.biasInitializer !== undefined) checkInitializer(`${where}.biasInitializer`, spec.biasInitializer);
  },

  shape(where, spec, [input]) {
    checkDenseInput(where, input);
    return withCols(input, spec.units);
  },

  parameters(spec, [input]) {
    const { units, bias = true, biasInitializer = "zeros" } = spec;
    return denseParameters(units, matrixOf(input).cols, spec.initializer ?? defaultInitializer(activationOf(spec).name), bias ? biasInitializer : undefined);
  },

  activation: (spec) => activationOf(spec).name,

  compile(spec, { builder, x, inputShapes, parameters, trains, activationInLoss }) {
    const z = compileDense(builder, asPoints(builder, x, inputShapes[0]), spec.units, parameters, trains);
    return activationInLoss ? z : compileActivation(builder, z, activationOf(spec));
  },
};

function activationOf({ activation = "linear" }: DenseSpec) {
  return resolveActivation("activation", activation);
}

/** Throws unless a layer with dense weights can take such an input. @throws DeltawasmError shape */
export function checkDenseInput(where: string, input: Shape): void {
  if (input.length < 3) return;
  throw new DeltawasmError("shape", `${where}: expected [features] or [length, features] as its input, got the image ${showShape(input)}; flatten() or globalAvgPool2d() before it`);
}

/** A weight [outputs, inputs], and a bias [outputs] where it has an initialiser. */
export function denseParameters(outputs: number, inputs: number, initializer: Initializer, biasInitializer?: Initializer): ParameterSpec[] {
  const weight: ParameterSpec = {
    name: "weight", role: "weight", shape: [outputs, inputs], layout: panelsLayout(outputs, inputs),
    fill: initialFill(initializer, inputs, outputs),
  };
  if (biasInitializer === undefined) return [weight];
  return [weight, {
    name: "bias", role: "vector", shape: [outputs], layout: vectorLayout(outputs), fill: initialFill(biasInitializer, inputs, outputs),
  }];
}

/** Emits z = x · w + b, and its derivatives. */
export function compileDense(
  builder: PlanBuilder, x: Tensor, outputs: number, [w, b]: readonly ParameterAddress[], trains: boolean,
): Tensor {
  const { points, cols: inputs } = x;
  const rows = builder.capacity * points;
  const z = builder.tensor(outputs, trains, points);
  const [pack] = builder.scratch(Math.max(rows < PACK_ROWS ? 0 : PACK, x.ld));
  builder.forward.push(shared(work.product(rows, inputs, outputs), record(Op.DenseForward, DenseForward, {
    z: z.address, ldz: z.ld, x: x.address, ldx: x.ld, w: w.value, bias: b?.value ?? 0, inputs, outputs, pack,
  }, points)));
  if (z.gradient) emitBackward(builder, x, z, w, b);
  return z;
}

function emitBackward(builder: PlanBuilder, x: Tensor, z: Tensor, w: ParameterAddress, b: ParameterAddress | undefined): void {
  const { points, cols: inputs } = x;
  const outputs = z.cols, rows = builder.capacity * points;
  const packs = rows >= PACK_ROWS;
  const effort = work.product(rows, inputs, outputs);
  const panelSize = packs ? PACKED_PANELS / 4 : PANEL * Math.min(DEPTH_BLOCK, Math.ceil(outputs / PANEL) * PANEL);
  const [panel, packedRows] = builder.scratch(panelSize, packs ? PACK : 0);
  // The gradient by the inputs first: it takes the weights as they were.
  const inputGradient = x.gradient
    ? [shared(effort, record(Op.DenseInputGradient, DenseInputGradient, {
      dx: x.gradient, lddx: x.ld, dz: z.gradient, lddz: z.ld, w: w.value, inputs, outputs, panel, pack: packedRows,
    }, points))]
    : [];
  if (!w.gradient) return builder.emitBackward(inputGradient);
  x.saved = true;
  const operands = { dbias: b?.gradient ?? 0, x: x.address, ldx: x.ld, dz: z.gradient, lddz: z.ld, inputs, outputs };
  const [pack, chunk] = builder.scratch(Math.max(packs ? PACKED_PANELS / 4 + PACK : 0, x.ld), Math.min(CHUNK, panelsLength(inputs, outputs)));
  const weightGradient = shared(effort, record(Op.DenseWeightGradient, DenseWeightGradient, { ...operands, dw: w.gradient, pack }, points));
  // More rows would come in several passes, each of which knows but a part of the gradient.
  const update = rows <= DEPTH_BLOCK ? builder.immediateUpdate : undefined;
  if (!update) return builder.emitBackward([...inputGradient, weightGradient]);
  builder.updated.add(w.value);
  builder.emitBackward([...inputGradient, weightGradient], [...inputGradient, shared(effort, record(Op.DenseUpdate, DenseUpdate, {
    ...operands, w: w.value, pack, chunk, kind: update.kind, slot1: w.value + update.slot1, slot2: w.value + update.slot2,
  }, points))]);
}
