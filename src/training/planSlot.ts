import { DEPTH_BLOCK } from "../../assembly/records";
import type { Network } from "../network/network";
import { createTrainingPlan, type TrainingPlan } from "./plan";
import type { TrainingSetup } from "./setup";

/** Keeps a plan as long as it serves, and compiles another in its place when it doesn't. */
export class PlanSlot {
  readonly #network: Network;
  readonly #setup: TrainingSetup;
  #plan: TrainingPlan | undefined;

  constructor(network: Network, setup: TrainingSetup) {
    this.#network = network;
    this.#setup = setup;
  }

  /**
   * A plan for batches of `rows`, or of more. `likeSmaller`: it must train as one for just so many would, by the shorter ways that few rows
   * have.
   *
   * @throws DeltawasmError memory
   */
  for(rows: number, areLabels: boolean, likeSmaller = false): TrainingPlan {
    const plan = this.#plan;
    const serves = plan?.areLabels === areLabels && plan.capacity >= rows && (!likeSmaller || kind(plan.capacity) === kind(rows));
    if (serves) return plan;
    this.free();
    this.#plan = createTrainingPlan(this.#network, this.#setup, rows, areLabels);
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
