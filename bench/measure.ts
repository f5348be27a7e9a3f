/** One row of the results. */
export interface Row {
  case: string;
  engine: string;
  build: "simd" | "relaxed" | "wide" | "none";
  threads: number;
  unit: "GFLOP/s" | "samples/s" | "µs" | "ms" | "×";
  median: number;
  min: number;
  max: number;
  runs: number;
  /** What 99 of 100 stay under, where that is what counts. */
  p99?: number;
  /** Multiplications and additions of the products of one sample, where they are counted: turns samples/s into GFLOP/s. */
  flops?: number;
  /** Of a ratio ("×"): the case whose time is 1. */
  against?: string;
  /** Of a ratio: the most that it is meant to be. */
  target?: number;
}

/** Something to measure. */
export interface Case extends Pick<Row, "case" | "engine" | "build" | "threads" | "unit" | "flops"> {
  /** Does the work `times` times; may give the seconds that count, where not all of the call does. */
  run(times: number): void | number | Promise<void | number>;
  /** From the seconds that one time took to the unit. */
  toUnit(seconds: number): number;
  /** Gives memory back; called once, after the last run. */
  end?(): void;
}

/** Seconds that one measured run should take, and the runs a case gets. */
export interface Effort {
  seconds: number;
  runs: number;
}

async function time(c: Case, times: number): Promise<number> {
  const started = performance.now();
  const counted = await c.run(times);
  return counted ?? (performance.now() - started) / 1000;
}

/** Warms up until the code is compiled and the time of a run is known; gives the repetitions that fill `seconds`. */
async function calibrate(c: Case, seconds: number): Promise<number> {
  let times = 1;
  let spent = 0;
  for (;;) {
    const elapsed = await time(c, times);
    spent += elapsed;
    // Tiers of a just-in-time compiler change in the background; twice the length of a run is enough to settle.
    if (elapsed >= seconds / 2 && spent >= seconds * 2) return Math.max(1, Math.round((times * seconds) / elapsed));
    times = Math.ceil(times * Math.min(8, Math.max(1.5, seconds / Math.max(elapsed, 1e-6))));
  }
}

/** The median, and how far the values lie apart. */
export function summary(values: readonly number[]): Pick<Row, "median" | "min" | "max" | "runs"> {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: sorted[sorted.length >> 1], min: sorted[0], max: sorted.at(-1)!, runs: sorted.length };
}

/**
 * Measures cases in rounds, each round all of them in alternating order: on a machine whose speed drifts, the runs of a case are
 * spread over the whole time, and all cases meet the same weather.
 */
export async function measure(
  cases: readonly Case[], { seconds, runs }: Effort, onRound?: (done: number) => void,
): Promise<Map<Case, number[]>> {
  const times = new Map<Case, number>();
  for (const c of cases) times.set(c, await calibrate(c, seconds));
  const results = new Map<Case, number[]>(cases.map((c) => [c, []]));
  for (let run = 0; run < runs; run++) {
    onRound?.(run);
    for (const c of run % 2 === 0 ? cases : [...cases].reverse()) {
      const n = times.get(c)!;
      results.get(c)!.push(c.toUnit((await time(c, n)) / n));
    }
  }
  return results;
}

/** A row of the results. */
export function toRow({ case: name, engine, build, threads, unit, flops }: Case, values: readonly number[]): Row {
  return { case: name, engine, build, threads, unit, ...summary(values), ...(flops === undefined ? {} : { flops }) };
}
