import { checkInteger, checkName, checkNumber, checkOptions } from "../core/check";
import { DeltawasmError } from "../core/errors";
import { cosineOfPi, integerPower } from "./exactMath";
import { checkMonitor, type Monitor } from "./monitor";
import { createPlateau, type Plateau, type PlateauState } from "./plateau";

/** What a schedule counts. */
export type SchedulePer = "epoch" | "step";

/**
 * Options of the learning-rate schedules. t counts the epochs or optimizer steps that are done, `per` says which; the optimizer's
 * `learningRate` is the base, which the schedule multiplies. Factors: above 0, at most 1. Rates of the same name are PyTorch's
 * (torch.optim.lr_scheduler), the class of which is named.
 */
export interface ScheduleOptions {
  /** The base, always. */
  constant: NoOptions;
  /** base · factor^⌊t / every⌋. Default factor 0.1, per epoch. StepLR. */
  stepDecay: { every: number; factor?: number; per?: SchedulePer };
  /** base · factor^t, per epoch by default. ExponentialLR. */
  exponentialDecay: { factor: number; per?: SchedulePer };
  /**
   * minimum + (base − minimum) · (1 + cos(π · t′ / period)) / 2, with t′ counted from the last restart; the next period is `periodFactor`
   * times as long. With a period as long as the training there is no restart. Defaults: periodFactor 1 (a whole number), minimum 0, per
   * epoch. CosineAnnealingWarmRestarts (T_0, T_mult, eta_min); Loshchilov & Hutter 2017, "SGDR".
   */
  cosineDecay: { period: number; periodFactor?: number; minimum?: number; per?: SchedulePer };
  /**
   * Over `steps` in all: from base · initialFactor up to the base in the first share `warmUp` of them, then down to base · initialFactor ·
   * finalFactor, where it stays. Defaults: warmUp 0.3, initialFactor 1/25, finalFactor 1e-4, anneal "cosine", per step. OneCycleLR
   * (without its cycle of momentum), the base being its max_lr; Smith & Topin 2019, "Super-convergence".
   */
  oneCycle: { steps: number; warmUp?: number; initialFactor?: number; finalFactor?: number; anneal?: "cosine" | "linear"; per?: SchedulePer };
  /**
   * base · (from + (1 − from) · t / steps) until t = steps, then the base, or another schedule, whose time starts there and is of the same
   * kind. Defaults: from 1/3 (0 to 1), per step. LinearLR, and SequentialLR.
   */
  warmUp: { steps: number; from?: number; then?: "constant" | FollowingSchedule; per?: SchedulePer };
  /**
   * The base, times `factor` (below 1) each time that what is monitored wasn't better for more than `patience` epochs in a row, and no less
   * than `minimum`. Better is less by more than the share `threshold` of the best ("relative"), or by more than `threshold` ("absolute");
   * for an accuracy, more. After a reduction, `cooldown` epochs don't count. Defaults: factor 0.1, patience 10, threshold 1e-4 "relative",
   * cooldown 0, minimum 0, monitor as in EarlyStoppingOptions. ReduceLROnPlateau, but for its `eps`.
   */
  reduceOnPlateau: {
    factor?: number; patience?: number; threshold?: number; thresholdMode?: "relative" | "absolute"; cooldown?: number; minimum?: number;
    monitor?: Monitor;
  };
}

type NoOptions = Record<never, never>;

/** The names of the schedules. */
export type ScheduleName = keyof ScheduleOptions;

/** A schedule with its options, as plain data. */
export type ScheduleSpec = { [Name in ScheduleName]: { type: Name } & ScheduleOptions[Name] }[ScheduleName];

/** What may follow a warm-up. */
export type FollowingSchedule = Exclude<ScheduleSpec, { type: "warmUp" | "reduceOnPlateau" }>;

/** A schedule, or the name of one that needs no options. */
export type ScheduleOption = "constant" | "reduceOnPlateau" | ScheduleSpec;

/** A factor every so many epochs or steps. @see ScheduleOptions */
export const stepDecay = (options: ScheduleOptions["stepDecay"]) => ({ type: "stepDecay", ...options }) as const;
/** A factor each epoch or step. @see ScheduleOptions */
export const exponentialDecay = (options: ScheduleOptions["exponentialDecay"]) => ({ type: "exponentialDecay", ...options }) as const;
/** Half a cosine, once or again and again. @see ScheduleOptions */
export const cosineDecay = (options: ScheduleOptions["cosineDecay"]) => ({ type: "cosineDecay", ...options }) as const;
/** Up, and down to almost nothing. @see ScheduleOptions */
export const oneCycle = (options: ScheduleOptions["oneCycle"]) => ({ type: "oneCycle", ...options }) as const;
/**
 * Slowly up to the learning rate, then another schedule. @see ScheduleOptions
 *
 * @example warmUp({ steps: 500, then: cosineDecay({ period: 20_000 }) })
 */
export const warmUp = (options: ScheduleOptions["warmUp"]) => ({ type: "warmUp", ...options }) as const;
/** Less where nothing gets better any more. @see ScheduleOptions */
export const reduceOnPlateau = (options: ScheduleOptions["reduceOnPlateau"] = {}) => ({ type: "reduceOnPlateau", ...options }) as const;

/** A schedule as training needs it. */
export interface ResolvedSchedule {
  name: ScheduleName;
  per: SchedulePer;
  /** The learning rate after t epochs or steps; for a schedule with a `plateau` in that state of it. */
  rate(base: number, t: number, state?: PlateauState): number;
  /** What reduceOnPlateau watches. */
  plateau?: Plateau;
}

type Rate = (base: number, t: number) => number;
type Given = Record<string, unknown>;

/** A schedule's options, checked. */
interface ScheduleType {
  options: readonly string[];
  /** What it counts where nothing is said; undefined where there is no choice: epochs. */
  per?: SchedulePer;
  resolve(where: string, given: Given, per: SchedulePer): Rate;
}

const factorRange = { above: 0, max: 1 };
const rateRange = { min: 0, max: 1e6 };

const types: Record<Exclude<ScheduleName, "reduceOnPlateau">, ScheduleType> = {
  constant: { options: [], resolve: () => (base) => base },
  stepDecay: {
    options: ["every", "factor"], per: "epoch",
    resolve(where, { every: givenEvery, factor: givenFactor = 0.1 }) {
      const every = checkInteger(`${where}.every`, givenEvery, 1);
      const factor = checkNumber(`${where}.factor`, givenFactor, factorRange);
      return (base, t) => base * integerPower(factor, Math.floor(t / every));
    },
  },
  exponentialDecay: {
    options: ["factor"], per: "epoch",
    resolve(where, given) {
      const factor = checkNumber(`${where}.factor`, given.factor, factorRange);
      return (base, t) => base * integerPower(factor, t);
    },
  },
  cosineDecay: {
    options: ["period", "periodFactor", "minimum"], per: "epoch",
    resolve(where, { period: givenPeriod, periodFactor: givenFactor = 1, minimum: givenMinimum = 0 }) {
      const period = checkInteger(`${where}.period`, givenPeriod, 1);
      const periodFactor = checkInteger(`${where}.periodFactor`, givenFactor, 1);
      const minimum = checkNumber(`${where}.minimum`, givenMinimum, rateRange);
      return (base, t) => {
        let [since, length] = [periodFactor === 1 ? t % period : t, period];
        while (since >= length) {
          since -= length;
          length *= periodFactor;
        }
        return minimum + ((base - minimum) * (1 + cosineOfPi(since / length))) / 2;
      };
    },
  },
  oneCycle: { options: ["steps", "warmUp", "initialFactor", "finalFactor", "anneal"], per: "step", resolve: resolveOneCycle },
  warmUp: { options: ["steps", "from", "then"], per: "step", resolve: resolveWarmUp },
};

function resolveOneCycle(where: string, given: Given): Rate {
  const { warmUp: givenShare = 0.3, initialFactor: givenInitial = 1 / 25, finalFactor: givenFinal = 1e-4, anneal: givenAnneal = "cosine" } = given;
  const last = checkInteger(`${where}.steps`, given.steps, 1) - 1;
  // As PyTorch has it, the top may lie between two steps.
  const top = checkNumber(`${where}.warmUp`, givenShare, { min: 0, max: 1 }) * (last + 1) - 1;
  const initialFactor = checkNumber(`${where}.initialFactor`, givenInitial, factorRange);
  const finalFactor = checkNumber(`${where}.finalFactor`, givenFinal, { min: 0, max: 1 });
  const isCosine = checkName(`${where}.anneal`, givenAnneal, ["cosine", "linear"]) === "cosine";
  const between = (from: number, to: number, share: number) => (
    isCosine ? to + ((from - to) / 2) * (cosineOfPi(share) + 1) : from + (to - from) * share
  );
  return (base, t) => {
    const initial = base * initialFactor;
    if (t < top) return between(initial, base, t / top);
    if (t === top) return base;
    return between(base, initial * finalFactor, (Math.min(t, last) - top) / (last - top));
  };
}

function resolveWarmUp(where: string, { steps: givenSteps, from: givenFrom = 1 / 3, then = "constant" }: Given, per: SchedulePer): Rate {
  const steps = checkInteger(`${where}.steps`, givenSteps, 1);
  const from = checkNumber(`${where}.from`, givenFrom, { min: 0, max: 1 });
  const names = Object.keys(types).filter((name) => name !== "warmUp") as (keyof typeof types)[];
  const following = resolveTimed(`${where}.then`, then, names, per);
  if (following.name !== "constant" && following.per !== per) {
    throw new DeltawasmError("conflict", `${where}.then.per: expected what the warm-up counts, "${per}", got "${following.per}"; leave it out`);
  }
  return (base, t) => (t < steps ? base * (from + ((1 - from) * t) / steps) : following.rate(base, t - steps));
}

/** A schedule that depends on the time alone. `defaultPer` is that of a schedule which it is part of. */
function resolveTimed(where: string, option: unknown, names: readonly (keyof typeof types)[], defaultPer?: SchedulePer): ResolvedSchedule {
  const isName = typeof option !== "object" || option === null;
  const name = checkName(isName ? where : `${where}.type`, isName ? option : (option as { type?: unknown }).type, names);
  const type = types[name];
  const given = isName ? {} : checkOptions(where, option, ["type", ...type.options, ...(type.per ? ["per"] : [])]);
  const { per: givenPer = defaultPer ?? type.per ?? "epoch" } = given;
  const per = checkName(`${where}.per`, givenPer, ["epoch", "step"]);
  return { name, per, rate: type.resolve(where, given, per) };
}

/** Checks a schedule. @throws DeltawasmError unknown, type, range, conflict */
export function resolveSchedule(where: string, option: unknown): ResolvedSchedule {
  const names = Object.keys(types) as (keyof typeof types)[];
  const isName = typeof option !== "object" || option === null;
  const name = checkName(isName ? where : `${where}.type`, isName ? option : (option as { type?: unknown }).type, [...names, "reduceOnPlateau"]);
  return name === "reduceOnPlateau" ? resolvePlateau(where, isName ? {} : option) : resolveTimed(where, option, names);
}

function resolvePlateau(where: string, option: unknown): ResolvedSchedule {
  const names = ["factor", "patience", "threshold", "thresholdMode", "cooldown", "minimum", "monitor"];
  const given = checkOptions(where, option, ["type", ...names]);
  const { factor: givenFactor = 0.1, patience: givenPatience = 10, threshold: givenThreshold = 1e-4, thresholdMode = "relative" } = given;
  const { cooldown: givenCooldown = 0, minimum: givenMinimum = 0 } = given;
  const minimum = checkNumber(`${where}.minimum`, givenMinimum, rateRange);
  const plateau = createPlateau({
    factor: checkNumber(`${where}.factor`, givenFactor, { above: 0, below: 1 }),
    patience: checkInteger(`${where}.patience`, givenPatience, 0),
    threshold: checkNumber(`${where}.threshold`, givenThreshold, { min: 0, max: 1e18 }),
    isRelative: checkName(`${where}.thresholdMode`, thresholdMode, ["relative", "absolute"]) === "relative",
    cooldown: checkInteger(`${where}.cooldown`, givenCooldown, 0),
    monitor: checkMonitor(`${where}.monitor`, given.monitor),
  });
  return {
    name: "reduceOnPlateau", per: "epoch", plateau,
    // A base below the minimum stays as it is.
    rate: (base, _t, state = plateau.start) => Math.max(base * state.factor, Math.min(minimum, base)),
  };
}
