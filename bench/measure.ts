/** One row of the results. */
export interface Row {
  case: string;
  engine: string;
  build: "simd" | "relaxed" | "wide" | "none";
  threads: number;
  unit: "GFLOP/s" | "samples/s" | "µs";
  median: number;
  min: number;
  max: number;
  runs: number;
}

/** Something to measure. */
export interface Case extends Pick<Row, "case" | "engine" | "build" | "threads" | "unit"> {
  /** Does the work `times` times. */
  run(times: number): void | Promise<void>;
  /** From the seconds that one time took to the unit. */
  toUnit(seconds: number): number;
  /** Gives memory back; called once, after the last run. */
  end?(): void;
}

/** A case whose networks and data are made when it is its turn. */
export type LazyCase = () => Case | Promise<Case>;

/** Seconds that one measured run should take, and the runs a case gets. */
export interface Effort {
  seconds: number;
  runs: number;
}

async function time(run: () => void | Promise<void>): Promise<number> {
  const started = performance.now();
  await run();
  return (performance.now() - started) / 1000;
}

/** Warms up until the code is compiled and the time of a run is known; gives the repetitions that fill `seconds`. */
async function calibrate(c: Case, seconds: number): Promise<number> {
  let times = 1;
  let spent = 0;
  for (;;) {
    const elapsed = await time(() => c.run(times));
    spent += elapsed;
    // Tiers of a just-in-time compiler change in the background; twice the length of a run is enough to settle.
    if (elapsed >= seconds / 2 && spent >= seconds * 2) return Math.max(1, Math.round((times * seconds) / elapsed));
    times = Math.ceil(times * Math.min(8, Math.max(1.5, seconds / Math.max(elapsed, 1e-6))));
  }
}

/** Measures cases that are compared with one another in alternating order, so that a drifting machine hits all of them alike. */
export async function measure(cases: readonly Case[], { seconds, runs }: Effort): Promise<Row[]> {
  const times = new Map<Case, number>();
  for (const c of cases) times.set(c, await calibrate(c, seconds));
  const results = new Map<Case, number[]>(cases.map((c) => [c, []]));
  for (let run = 0; run < runs; run++) {
    const order = run % 2 === 0 ? cases : [...cases].reverse();
    for (const c of order) {
      const n = times.get(c)!;
      results.get(c)!.push(c.toUnit((await time(() => c.run(n))) / n));
    }
  }
  for (const c of cases) c.end?.();
  return cases.map((c) => {
    const values = results.get(c)!.sort((a, b) => a - b);
    return {
      case: c.case, engine: c.engine, build: c.build, threads: c.threads, unit: c.unit,
      median: values[values.length >> 1], min: values[0], max: values.at(-1)!, runs,
    };
  });
}
