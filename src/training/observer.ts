import type { DataBlock } from "./dataBlock";
import type { EpochReport } from "./fitOptions";
import type { TrainerCore } from "./trainerCore";

/** What looks into trainings while they go on, without changing a bit of them: a `Diagnosis` of `deltawasm/diagnosis` is one. */
export interface TrainingObserver {
  /** All that it has seen of the training it looked at last: plain data. */
  readonly record: object;
  /** @internal A training begins. */
  watch(core: TrainerCore, options: { batchSize: number; accumulate: number }): TrainingWatch;
}

/** What one training tells its observer. Nothing here may change the training. */
export interface TrainingWatch {
  /**
   * Before some steps of an epoch, from 1, over data of which so many `rows` make an epoch (Infinity: a stream has not told yet); gives after how many
   * updates, at the most, it wants to be asked again.
   */
  before(data: DataBlock, rows: number, epoch: number): number;
  /** After these steps: a moment at which the user may be told something. */
  after(): void;
  /** After an epoch, at such a moment as well. */
  finished(report: EpochReport): void;
  /** After the last epoch, with the data that it was about. */
  end(data: DataBlock): void;
  /** Instead of all further calls: what ended the training. */
  failed(error: unknown): void;
}
