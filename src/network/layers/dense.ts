import {
  CHUNK, DenseForward, DenseInputGradient, DenseUpdate, DenseWeightGradient, DEPTH_BLOCK, Op, PACK, PACK_ROWS, PACKED_PANELS, PANEL,
} from "../../../assembly/records";
import { checkBoolean, checkInteger, checkOptions } from "../../core/check";
import { panelsLength, type PlanBuilder, type Tensor } from "../../plan/builder";
import { record, shared, work } from "../../plan/record";
import { type ActivationOption, defaultInitializer, resolveActivation } from "../activations";
import { type Initializer, initialFill } from "../initialisers";
import { checkInitializer } from "./initializerOption";
import { compileActivation } from "./activation";
import type { LayerType, ParameterAddress } from "./layer";

/** Options of `dense`. */
export interface DenseOptions {
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
 * A fully connected layer: a = f(x · Wᵀ + b), with W [units, inputs] and b [units]. `Network.create` checks what it is given.
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
    checkOptions(where, spec, ["type", "units", "activation", "initializer", "bias", "biasInitializer"]);
    checkInteger(`${where}.units`, spec.units, 1, LARGEST);
    const { activation = "linear" } = spec;
    resolveActivation(`${where}.activation`, activation);
    if (spec.bias !== undefined) checkBoolean(`${where}.bias`, spec.bias);
    if (spec.initializer !== undefined) checkInitializer(`${where}.initializer`, spec.initializer);
    if (spec.biasInitializer !== undefined) checkInitializer(`${where}.biasInitializer`, spec.biasInitializer);
  },

  outputs: (spec) => spec.units,

  parameters(spec, inputs) {
    const { units, bias = true, biasInitializer = "zeros" } = spec;
    const initializer = spec.initializer ?? defaultInitializer(denseLayer.activation(spec));
    const weight = { name: "weight", kind: "matrix" as const, shape: [units, inputs], fill: initialFill(initializer, inputs, units) };
    if (!bias) return [weight];
    return [weight, { name: "bias", kind: "vector", shape: [units], fill: initialFill(biasInitializer, inputs, units) }];
  },

  activation: (spec) => resolveActivation("activation", spec.activation ?? "linear").name,

  compile(spec, { builder, x, parameters: [w, b], activationInLoss }) {
    const f = resolveActivation("activation", spec.activation ?? "linear");
    const z = builder.tensor(spec.units, true);
    const [pack] = builder.scratch(Math.max(builder.capacity < PACK_ROWS ? 0 : PACK, x.ld));
    builder.forward.push(shared(work.product(builder.capacity, x.cols, spec.units), record(Op.DenseForward, DenseForward, {
      z: z.address, ldz: z.ld, x: x.address, ldx: x.ld, w: w.value, bias: b?.value ?? 0, inputs: x.cols, outputs: spec.units, pack,
    })));
    if (builder.training) {
      x.saved = true;
      emitBackward(builder, x, z, w, b);
    }
    return activationInLoss ? z : compileActivation(builder, z, f);
  },
};

function emitBackward(builder: PlanBuilder, x: Tensor, z: Tensor, w: ParameterAddress, b: ParameterAddress | undefined): void {
  const { capacity, immediateUpdate: update } = builder;
  const [inputs, outputs] = [x.cols, z.cols];
  const operands = { dbias: b?.gradient ?? 0, x: x.address, ldx: x.ld, dz: z.gradient, lddz: z.ld, inputs, outputs };

  const packs = capacity >= PACK_ROWS;
  const [pack, chunk] = builder.scratch(Math.max(packs ? PACKED_PANELS / 4 + PACK : 0, x.ld), Math.min(CHUNK, panelsLength(inputs, outputs)));
  const effort = work.product(capacity, inputs, outputs);
  const weightGradient = shared(effort, record(Op.DenseWeightGradient, DenseWeightGradient, { ...operands, dw: w.gradient, pack }));
  const weightUpdate = update
    ? shared(effort, record(Op.DenseUpdate, DenseUpdate, {
      ...operands, w: w.value, pack, chunk, kind: update.kind, slot1: w.value + update.slot1, slot2: w.value + update.slot2,
    }))
    : undefined;

  const panelSize = packs ? PACKED_PANELS / 4 : PANEL * Math.min(DEPTH_BLOCK, Math.ceil(outputs / PANEL) * PANEL);
  const [panel, packedRows] = builder.scratch(panelSize, packs ? PACK : 0);
  const inputGradient = x.gradient
    ? [shared(effort, record(Op.DenseInputGradient, DenseInputGradient, {
      dx: x.gradient, lddx: x.ld, dz: z.gradient, lddz: z.ld, w: w.value, inputs, outputs, panel,
      pack: packedRows,
    }))]
    : [];
  // The gradient by the inputs first: it takes the weights as they were.
  builder.emitBackward([...inputGradient, weightGradient], weightUpdate && [...inputGradient, weightUpdate]);
}
