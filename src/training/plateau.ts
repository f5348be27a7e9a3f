import { type Monitor, shallGrow } from "./monitor";

/** What reduceOnPlateau remembers between two epochs: plain data. */
export interface PlateauState {
  /** The best value so far; null before there is one. */
  best: number | null;
  /** Epochs since then that count. */
  wait: number;
  /** Epochs to come that don't count. */
  cooldown: number;
  /** What the learning rate is multiplied by. */
  factor: number;
}

/** How a schedule follows what is measured. */
export interface Plateau {
  /** What is watched; undefined: to be chosen by `chooseMonitor`. Only an accuracy is better where it is larger. */
  monitor: Monitor | undefined;
  /** Before the first epoch. */
  start: PlateauState;
  /** After an epoch. Changes nothing. */
  observe(state: PlateauState, value: number): PlateauState;
}

interface PlateauOptions {
  factor: number;
  patience: number;
  threshold: number;
  isRelative: boolean;
  cooldown: number;
  monitor: Monitor | undefined;
}

/** As torch.optim.lr_scheduler.ReduceLROnPlateau counts. */
export function createPlateau({ factor, patience, threshold, isRelative, cooldown, monitor }: PlateauOptions): Plateau {
  const sign = shallGrow(monitor) ? 1 : -1;
  const isBetter = (value: number, best: number | null) => {
    if (best === null || !Number.isFinite(value)) return Number.isFinite(value);
    return sign * value > sign * (isRelative ? best * (1 + sign * threshold) : best + sign * threshold);
  };
  return {
    monitor,
    start: { best: null, wait: 0, cooldown: 0, factor: 1 },
    observe(state, value) {
      const improved = isBetter(value, state.best);
      const best = improved ? value : state.best;
      const cools = state.cooldown > 0;
      const wait = improved || cools ? 0 : state.wait + 1;
      if (wait > patience) return { best, wait: 0, cooldown, factor: state.factor * factor };
      return { best, wait, cooldown: cools ? state.cooldown - 1 : 0, factor: state.factor };
    },
  };
}
