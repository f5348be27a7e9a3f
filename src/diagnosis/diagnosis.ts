import { DeltawasmError, type TrainingObserver } from "deltawasm";
import { checkInteger, checkOptions } from "../core/check";
import { show } from "../core/show";
import type { Batches, Core, TrainingWatch } from "./observed";
import type { DiagnosisRecord, Warning } from "./record";
import { Watch } from "./watch";

/** Options of `Diagnosis`. */
export interface DiagnosisOptions {
  /**
   * When the layers are looked at: before the first step, each so many steps of the optimizer (a whole number from 1), or at the start of each epoch, and
   * after the last step. Default: as often as takes a few percent of the time, and less often as the training goes on.
   */
  every?: number | "epoch";
  /** Called once for each kind of warning, soon after it was seen. What it throws ends the training, and `fit` rejects with it. */
  onWarning?: (warning: Warning) => void;
}

/**
 * Looks into a training: statistics of the layers, and warnings in plain words. It changes no bit of what is trained.
 *
 * @example
 * const diagnosis = new Diagnosis({ onWarning: ({ message, remedy }) => console.warn(message, remedy) });
 * await trainer.fit(data, { diagnosis });
 * console.log(diagnosis.warnings, diagnosis.record.samples.at(-1));
 */
export class Diagnosis implements TrainingObserver {
  readonly #options: { every: number | "epoch" | undefined; onWarning: ((warning: Warning) => void) | undefined };
  #record: DiagnosisRecord = { samples: [], warnings: [] };

  /** @throws DeltawasmError `type`, `range`, `unknown` */
  constructor(options: DiagnosisOptions = {}) {
    const { every, onWarning } = checkOptions("options", options, ["every", "onWarning"]) as DiagnosisOptions;
    if (every !== undefined && every !== "epoch") checkInteger("options.every", every, 1);
    if (onWarning !== undefined && typeof onWarning !== "function") {
      throw new DeltawasmError("type", `options.onWarning: expected a function, got ${show(onWarning)}`);
    }
    this.#options = { every, onWarning };
  }

  /** All that was seen of the last training, or of the one that goes on: plain data, which JSON keeps. */
  get record(): DiagnosisRecord {
    return this.#record;
  }

  /** What is wrong with it, in the order in which it was seen: each kind once. */
  get warnings(): readonly Warning[] {
    return this.#record.warnings;
  }

  /** @internal */
  watch(core: Core, batches: Batches): TrainingWatch {
    this.#record = { samples: [], warnings: [] };
    return new Watch(core, batches, this.#options, this.#record);
  }
}
