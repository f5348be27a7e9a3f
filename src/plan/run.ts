import { SHARED } from "../../assembly/records";
import type { Engine } from "../core/engine";

/** A list of records in memory. */
export interface RecordList {
  address: number;
  count: number;
  /** Whether a team has something to share in it. */
  isShared: boolean;
}

/** Whether any of the records is worth sharing. */
export function isShared(records: readonly Int32Array[]): boolean {
  return records.some((words) => words[SHARED] !== 0);
}

/** Walks a list at once: together where this thread is one of a team that is there. The rounds that were finished. */
export function runNow(engine: Engine, state: number, { address, count, isShared }: RecordList, repeats = 1): number {
  const { team } = engine;
  if (isShared && team?.takesPart && team.isReady) {
    const rounds = team.run({ state, records: address, count, repeats }) as number | undefined;
    if (rounds !== undefined) return rounds;
  }
  return engine.run(state, address, count, repeats);
}

/** Walks a list, by the team if that is there, while this thread waits or goes on. The rounds that were finished. */
export async function runTogether(engine: Engine, state: number, { address, count }: RecordList, repeats: number): Promise<number> {
  const rounds = await engine.team?.run({ state, records: address, count, repeats });
  return rounds ?? engine.run(state, address, count, repeats);
}
