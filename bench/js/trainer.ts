import { createBatchTrainer } from "./batch";
import { createOnlineTrainer } from "./online";
import type { JsTrainer, JsTrainerOptions } from "./options";
import { createUnrolledTrainer, isUnrollable } from "./unrolled";

/** The fastest trainer in plain JavaScript for these options: the one to beat. */
export function createJsTrainer(options: JsTrainerOptions): JsTrainer {
  if (isUnrollable(options)) return createUnrolledTrainer(options);
  if (options.batchSize === 1 && options.optimizer === "sgd") return createOnlineTrainer(options);
  return createBatchTrainer(options);
}
