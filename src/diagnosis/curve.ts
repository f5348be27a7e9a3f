import type { EpochReport } from "deltawasm";
import { LIMITS } from "./limits";
import { figure } from "./words";

interface Losses {
  epoch: number;
  training: number;
  validation: number | undefined;
}

/** What the losses of the epochs say. */
export class Curve {
  /** What losses are measured by: that of guessing, or what the training has started from, if that is larger. */
  readonly #unit: number;
  /** How far the validation's loss may be above the training's, by that. */
  readonly #gap: number;
  readonly #epochs: Losses[] = [];
  #lowest: number;
  /** The best epoch by its validation. */
  #best: Losses | undefined;

  constructor(start: number, guess: number, isLearntByHeart: boolean) {
    this.#unit = Math.max(start, guess);
    this.#gap = isLearntByHeart ? LIMITS.gapByHeart : LIMITS.gap;
    this.#lowest = start;
  }

  add({ epoch, loss: training, validation }: EpochReport): { divergingLoss?: string; overfitting?: string } {
    const losses = { epoch, training, validation: validation?.loss };
    this.#epochs.push(losses);
    const diverging = this.#diverging(losses);
    const overfitting = this.#overfitting(losses);
    this.#lowest = Math.min(this.#lowest, training);
    if (losses.validation !== undefined && losses.validation < (this.#best?.validation ?? Infinity)) this.#best = losses;
    return { ...(diverging ? { divergingLoss: diverging } : {}), ...(overfitting ? { overfitting } : {}) };
  }

  #diverging({ epoch, training }: Losses): string | undefined {
    if (training > LIMITS.divergingLoss * Math.max(this.#unit, this.#lowest)) {
      return `the loss of epoch ${epoch} is ${figure(training)}, and was as low as ${figure(this.#lowest)}`;
    }
    const last = this.#epochs.slice(-LIMITS.risingEpochs - 1).map((losses) => losses.training);
    const isRising = last.length > LIMITS.risingEpochs && last.every((loss, n) => n === 0 || loss > last[n - 1]);
    if (!isRising || training - last[0] < LIMITS.rise * this.#unit) return undefined;
    return `the loss has risen in each of the last ${LIMITS.risingEpochs} epochs, from ${figure(last[0])} to ${figure(training)}`;
  }

  #overfitting({ epoch, training, validation }: Losses): string | undefined {
    const best = this.#best;
    if (validation === undefined || !best || epoch - best.epoch < LIMITS.overfittingEpochs) return undefined;
    if (training > LIMITS.overfittingFall * best.training) return undefined;
    const last = this.#epochs.slice(-LIMITS.smoothedEpochs).map((losses) => losses.validation!);
    const mean = last.reduce((sum, loss) => sum + loss, 0) / last.length;
    const rise = mean - best.validation!;
    if (rise < LIMITS.overfittingNoise * best.validation!) return undefined;
    const hasRisen = rise > LIMITS.overfittingRise * best.validation! && rise > LIMITS.overfittingShare * this.#unit;
    const isApart = mean - training > this.#gap * this.#unit && mean > 2 * training;
    if (!hasRisen && !isApart) return undefined;
    return `the loss of the validation was best in epoch ${best.epoch}, ${figure(best.validation!)}, and is ${figure(validation)} after epoch ${epoch}, while that of the training fell from ${figure(best.training)} to ${figure(training)}`;
  }
}
