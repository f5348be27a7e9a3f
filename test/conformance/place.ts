import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** What the program gives: see program.mjs. */
export interface Result {
  engine: string;
  build: string;
  wide: boolean;
  threads: number;
  notes: string[];
  digest: string;
  digests: Record<string, string>;
}

/** One run of the program. */
export interface Visit {
  /** What the table calls the runtime, where it is more than the place's name: a worker of a browser. */
  runtime?: string;
  engine: "wasm" | "reference";
  threads: number;
  /** The options of `init`, plain data. Default: the threads, and the reference engine where that is expected. */
  options?: object;
  /** What else the place wants to know. */
  how?: string;
}

/** A place that is ready. */
export interface Open {
  version: string;
  run(visit: Visit): Promise<Result>;
  end?(): Promise<void>;
}

/** A runtime of this machine, or one that could be here. */
export interface Place {
  name: string;
  visits: Visit[];
  /** How to get it, where it is not here. */
  missing?: string | undefined;
  open(): Promise<Open>;
}

/** Milliseconds that a stage of the program may take. The longest takes one second on an idle machine, the reference engine two. */
export const LIMIT = 60_000;

/** How to get what comes from npm. */
export const INSTALLS = "npm run conformance, which installs it";

/** The package's file that a runtime of that condition gets. */
export function entryOf(condition: string): string {
  const { exports } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  return fileURLToPath(new URL(`../../${exports["."][condition].default}`, import.meta.url));
}

/** The options of `init` for a visit. */
export const optionsOf = ({ options, engine, threads }: Visit): object => options ?? (engine === "reference" ? { engine } : { threads });
