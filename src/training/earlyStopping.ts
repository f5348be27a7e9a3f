import { checkBoolean, checkInteger, checkNumber, checkOptions } from "../core/check";
import { checkMonitor, type Monitor, type Monitored, monitoredValue, chooseMonitor, shallGrow } from "./monitor";

/** When a training ends before its last epoch. */
export interface EarlyStoppingOptions {
  /** What tells whether an epoch is better. Default: "validationLoss" where validation data are given, "loss" where not. */
  monitor?: Monitor;
  /**
   * Epochs in a row without a better value after which training ends, from 0; 0 ends it at the first one, as 1 does. Default 5: the loss
   * of an epoch over shuffled batches is now and then worse by chance, which Keras' default of 0 takes for the end.
   */
  patience?: number;
  /** A value is better only if it is so by more than this, at least 0. Default 0. */
  minDelta?: number;
  /** Whether the network gets the parameters of its best epoch back in the end. Default true. */
  restoreBest?: boolean;
}

/** `true` for the defaults. */
export type EarlyStoppingOption = boolean | EarlyStoppingOptions;

/** What early stopping remembers between two epochs: plain data. */
export interface EarlyStoppingState {
  /** The best value so far; null before there is one. */
  best: number | null;
  /** The epoch that had it, as its report counts; 0 before there is one. */
  bestEpoch: number;
  /** Epochs since then. */
  wait: number;
}

/** Early stopping with its options checked. */
export interface EarlyStopping {
  monitor: Monitor;
  restoreBest: boolean;
  /** Before the first epoch. */
  start: EarlyStoppingState;
  /** After an epoch: whether it was the best so far, and whether training ends with it. Changes nothing. */
  observe(state: EarlyStoppingState, report: Monitored & { epoch: number }): { state: EarlyStoppingState; improved: boolean; stop: boolean };
  /** Whether training has ended in that state: with more patience it goes on. */
  hasEnded(state: EarlyStoppingState): boolean;
}

/**
 * Checks the option; undefined where there is no early stopping. Keras' EarlyStopping, with another default of patience and of what is
 * restored. Prechelt 1998, "Early Stopping – But When?".
 *
 * @param has what the validation gives
 * @throws DeltawasmError type, range, unknown, conflict
 */
export function resolveEarlyStopping(where: string, option: unknown, has: { validation: boolean; accuracy: boolean }): EarlyStopping | undefined {
  if (option === undefined || option === false) return undefined;
  const names = ["monitor", "patience", "minDelta", "restoreBest"];
  const options = option === true ? {} : checkOptions(where, option, names);
  const monitor = chooseMonitor(`${where}.monitor`, checkMonitor(`${where}.monitor`, options.monitor), has);
  const { patience: givenPatience = 5, minDelta: givenDelta = 0, restoreBest = true } = options;
  const patience = checkInteger(`${where}.patience`, givenPatience, 0);
  const minDelta = checkNumber(`${where}.minDelta`, givenDelta, { min: 0 });
  const hasEnded = ({ wait }: EarlyStoppingState) => wait >= Math.max(1, patience);
  return {
    monitor,
    restoreBest: checkBoolean(`${where}.restoreBest`, restoreBest),
    start: { best: null, bestEpoch: 0, wait: 0 },
    observe(state, report) {
      const value = monitoredValue(monitor, report);
      if (isBetter(value, state.best, minDelta, shallGrow(monitor))) {
        return { state: { best: value, bestEpoch: report.epoch, wait: 0 }, improved: true, stop: false };
      }
      const next = { ...state, wait: state.wait + 1 };
      return { state: next, improved: false, stop: hasEnded(next) };
    },
    hasEnded,
  };
}

/** What is not finite is never better, not even as the first value. */
function isBetter(value: number, best: number | null, minDelta: number, grows: boolean): boolean {
  if (best === null || !Number.isFinite(value)) return Number.isFinite(value);
  return grows ? value > best + minDelta : value < best - minDelta;
}
