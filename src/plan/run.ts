import { SHARED, State } from "../../assembly/records";
import type { Runner } from "../core/engine";
import { Pace, type Way } from "./pace";

/** A list of records in memory. */
export interface RecordList {
  address: number;
  count: number;
  /** Whether a team has something to share in it. */
  isShared: boolean;
  /** Bytes of scratch of each thread. */
  scratch: number;
  /** Which way it was faster when it was walked at once, for few rows and for many. */
  paces: { few: Pace; many: Pace };
}

/** A list at an address, whose threads have so much scratch each. */
export function recordList(address: number, records: readonly Int32Array[], scratch: number): RecordList {
  return { address, count: records.length, isShared: records.some((words) => words[SHARED] !== 0), scratch, paces: { few: new Pace(), many: new Pace() } };
}

/** Rows from which on they are many: the time of fewer is mostly that of the way of the weights to the processor. */
const MANY_ROWS = 8;

/** Walks a list at once: together where this thread is one of a team that is there, and that is faster. The rounds that were finished. */
export function runNow(engine: Runner, state: number, list: RecordList, repeats = 1): number {
  const { team } = engine;
  const rows = engine.heap.d[state / 8 + State.rows];
  if (!list.isShared || !team?.takesPart || !team.isReady) return engine.run(state, list.address, list.count, repeats);
  const pace = list.paces[rows < MANY_ROWS ? "few" : "many"];
  const way = pace.next();
  engine.heap.d[state / 8 + State.scratchStride] = list.scratch;
  const started = performance.now();
  const rounds = way === "together" ? team.run({ state, records: list.address, count: list.count, repeats }) as number | undefined : undefined;
  const done = rounds ?? engine.run(state, list.address, list.count, repeats);
  pace.measured(way, (performance.now() - started) / (rows * repeats));
  return done;
}

/** Walks a list in one way, where a team is there: it may be done by others, while this thread goes on. The rounds that were finished. */
export async function runLater(engine: Runner, state: number, { address, count, scratch }: RecordList, repeats: number, way: Way): Promise<number> {
  const { team } = engine;
  engine.heap.d[state / 8 + State.scratchStride] = scratch;
  const isForOne = way === "alone";
  const rounds = isForOne && team?.takesPart ? undefined : await team?.run({ state, records: address, count, repeats, isForOne });
  return rounds ?? engine.run(state, address, count, repeats);
}
