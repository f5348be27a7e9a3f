import type { PlanBuilder, Tensor } from "../../plan/builder";
import type { ActivationName } from "../activations";
import type { InitialFill } from "../initialisers";

/** One tensor of parameters of a layer, as users see it; `matrix` is kept in panels and takes weight decay, `vector` neither. */
export interface ParameterSpec {
  name: string;
  kind: "matrix" | "vector";
  /** As PyTorch has it: [outputs, inputs] or [outputs]. */
  shape: readonly number[];
  fill: InitialFill;
}

/** Where a layer finds a parameter and its gradient (0 in plans that only predict). */
export interface ParameterAddress {
  value: number;
  gradient: number;
}

/** What a layer gets to emit its operations. */
export interface CompileContext {
  builder: PlanBuilder;
  x: Tensor;
  /** The layer's parameters, in the order of `parameters`. */
  parameters: readonly ParameterAddress[];
  /** The loss takes the pre-activation of this layer: its last activation is left to the loss operation. */
  activationInLoss: boolean;
}

/** All that is particular to a kind of layer. `Spec` is the plain data that users write and files hold. */
export interface LayerType<Spec> {
  /** Checks what a user gave; `where` names it in messages. @throws DeltawasmError */
  check(where: string, spec: Spec): void;
  /** Columns that come out when `inputs` go in. */
  outputs(spec: Spec, inputs: number): number;
  parameters(spec: Spec, inputs: number): ParameterSpec[];
  /** The activation that it ends with. */
  activation(spec: Spec): ActivationName;
  /** Emits the forward operations and, when training, the backward ones; gives the output. */
  compile(spec: Spec, context: CompileContext): Tensor;
}
