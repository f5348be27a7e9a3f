import type { EpochReport } from "deltawasm";
import { unscaled } from "./columns";
import { Curve } from "./curve";
import { guessLoss } from "./guess";
import { layerFaults, type Start, startOf } from "./layerFaults";
import { LIMITS } from "./limits";
import type { Core, DataBlock, ObservedLayer } from "./observed";
import { REMEDIES } from "./remedies";
import type { DiagnosisSample, Warning, WarningCode } from "./record";

/** Makes warnings of what is seen of a training: each kind once. */
export class Judge {
  readonly #core: Core;
  readonly #warnings: Warning[];
  #guess = 0;
  /** Whether there are so many parameters that they can hold the rows. */
  #isLearntByHeart = false;
  #start: Start | undefined;
  #curve: Curve | undefined;
  #last: { sample: DiagnosisSample; layers: readonly ObservedLayer[] } | undefined;
  #epoch = 1;

  constructor(core: Core, warnings: Warning[]) {
    this.#core = core;
    this.#warnings = warnings;
  }

  /** The first data that are trained on. */
  begin(data: DataBlock, rows: number, epoch: number): void {
    this.#guess = guessLoss(this.#core, data);
    this.#isLearntByHeart = this.#core.network.graph.count > LIMITS.parametersOfRow * rows;
    this.#epoch = epoch;
    const message = unscaled(this.#core, data);
    if (message !== undefined) this.#warn("unscaledInputs", message);
  }

  /** The first sample is only what the others are compared with: a network that has not learned yet may look odd. */
  sample(sample: DiagnosisSample, layers: readonly ObservedLayer[]): void {
    this.#last = { sample, layers };
    this.#epoch = sample.epoch;
    if (this.#start) this.#judgeLayers();
    else this.#start = startOf(sample, layers);
  }

  epoch(report: EpochReport): void {
    this.#epoch = report.epoch;
    this.#curve ??= new Curve(this.#start?.loss ?? report.loss, this.#guess, this.#isLearntByHeart);
    for (const [code, message] of Object.entries(this.#curve.add(report))) this.#warn(code as WarningCode, message);
  }

  diverged(reason: string): void {
    if (this.#last) this.#judgeLayers();
    this.#warn("divergingLoss", reason);
  }

  #judgeLayers(): void {
    const { sample, layers } = this.#last!;
    const { vanishingGradients, ...faults } = layerFaults(sample, layers, this.#start!);
    // What comes after a loss that diverged is no fault of the network.
    const hasDiverged = this.#warnings.some(({ code }) => code === "divergingLoss");
    const all = vanishingGradients === undefined || hasDiverged ? faults : { vanishingGradients, ...faults };
    for (const [code, message] of Object.entries(all)) this.#warn(code as WarningCode, message);
  }

  #warn(code: WarningCode, message: string): void {
    if (this.#warnings.some((warning) => warning.code === code)) return;
    this.#warnings.push({ code, message, remedy: REMEDIES[code], epoch: this.#epoch });
  }
}
