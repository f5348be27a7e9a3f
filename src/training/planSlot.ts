import { DEPTH_BLOCK } from "../../assembly/records";
import type { Network } from "../network/network";
import type { ResolvedAugment } from "./augmentOptions";
import type { TrainingSetup } from "./setup";

/** What a plan is compiled for, beside its network. */
export interface PlanForm {
  /** Rows of a batch, at most. */
  capacity: number;
  /** Targets are class indices instead of rows. */
  areLabels: boolean;
  /** Rows have weights. */
  areWeighted: boolean;
  /** Gradients of several batches make an update. Nothing to evaluations. */
  accumulates: boolean;
  /** What becomes of the images of an epoch. */
  augment?: ResolvedAugment | undefined;
}

/** Keeps a plan as long as it serves, and compiles another in its place when it doesn't. */
export class PlanSlot<Plan extends PlanForm & { block: number }> {
  readonly #network: Network;
  readonly #create: (form: PlanForm) => Plan;
  #plan: Plan | undefined;

  constructor(network: Network, setup: TrainingSetup, create: (network: Network, setup: TrainingSetup, form: PlanForm) => Plan) {
    this.#network = network;
    this.#create = (form) => create(network, setup, form);
  }

  /**
   * A plan of a form, or for more rows. `forEpoch`: its epoch must be one for just so many rows, by the shorter ways that few rows have, with
   * their augmentation; other lists don't depend on these.
   *
   * @throws DeltawasmError memory
   */
  for(form: PlanForm, forEpoch = false): Plan {
    const plan = this.#plan;
    const { capacity, areLabels, areWeighted, accumulates } = form;
    const isLike = plan?.areLabels === areLabels && plan.areWeighted === areWeighted && plan.accumulates === accumulates;
    const isLikeInEpochs = !forEpoch || (kind(plan?.capacity ?? 0) === kind(capacity) && plan?.augment?.text === form.augment?.text);
    if (isLike && plan.capacity >= capacity && isLikeInEpochs) return plan;
    this.free();
    this.#plan = this.#create(form);
    return this.#plan;
  }

  free(): void {
    if (this.#plan) this.#network.release(this.#plan.block);
    this.#plan = undefined;
  }
}

/** How plans of a capacity train: on single rows, with updates as soon as gradients are known, or after all. */
function kind(capacity: number): "single" | "immediate" | "last" {
  if (capacity === 1) return "single";
  return capacity <= DEPTH_BLOCK ? "immediate" : "last";
}
