import { checkName } from "../core/check";
import { DeltawasmError } from "../core/errors";

/** What an epoch is judged by: the mean loss of its rows, or the loss or the accuracy of the validation data after it. */
export type Monitor = "loss" | "validationLoss" | "validationAccuracy";

const names: readonly Monitor[] = ["loss", "validationLoss", "validationAccuracy"];

/** The part of an epoch's report that it is judged by. */
export interface Monitored {
  loss: number;
  validation?: { loss: number; accuracy?: number };
}

/** Checks the option; undefined: to be chosen. @throws DeltawasmError unknown, type */
export function checkMonitor(where: string, value: unknown): Monitor | undefined {
  return value === undefined ? undefined : checkName(where, value, names);
}

/**
 * What is watched where the validation has a loss and perhaps an accuracy: by default the validation's loss, or that of the training
 * where there is none.
 *
 * @throws DeltawasmError conflict where there is no such number
 */
export function chooseMonitor(where: string, monitor: Monitor | undefined, has: { validation: boolean; accuracy: boolean }): Monitor {
  const chosen = monitor ?? (has.validation ? "validationLoss" : "loss");
  if (chosen !== "loss" && !has.validation) {
    throw new DeltawasmError("conflict", `${where}: ${chosen} needs validation data; give options.validation, or monitor "loss"`);
  }
  if (chosen === "validationAccuracy" && !has.accuracy) {
    throw new DeltawasmError("conflict", `${where}: validationAccuracy needs a loss that has an accuracy, crossEntropy or binaryCrossEntropy; monitor "validationLoss"`);
  }
  return chosen;
}

/** The number that is watched; NaN, which is never better, where an epoch has none. */
export function monitoredValue(monitor: Monitor, { loss, validation }: Monitored): number {
  if (monitor === "loss") return loss;
  return (monitor === "validationLoss" ? validation?.loss : validation?.accuracy) ?? NaN;
}

/** Accuracies shall grow, losses shrink. */
export function shallGrow(monitor: Monitor | undefined): boolean {
  return monitor === "validationAccuracy";
}
