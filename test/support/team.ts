import { expect, vi } from "vitest";
import { Team } from "../../src/core/team";
import { init, Network, type NetworkSpec } from "../../src/index";
import { Pace } from "../../src/plan/pace";

/** Sizes of teams: those that divide most shapes evenly, and those that divide few. */
export const TEAM_SIZES = [2, 3, 4, 7];

/** Longer than a busy machine takes to start some threads. */
const START = 20_000;
/** Jobs to which not all threads came in time, after which something is wrong with them. */
const MOST_ABSENCES = 500;

/** A network on a new engine of so many threads, which are there. */
export async function networkOn(threads: number, spec: NetworkSpec): Promise<Network> {
  await init({ threads });
  const network = await Network.create(spec);
  await assembled(network);
  return network;
}

/** Resolves when the network's team is there. */
export async function assembled({ engine: { team } }: Network): Promise<void> {
  const since = performance.now();
  while (team && !team.isReady) {
    if (team.failure !== undefined || performance.now() - since > START) expect.fail(`no team: ${team.failure ?? "it takes too long"}`);
    await new Promise((resolve) => { setTimeout(resolve, 1); });
  }
}

/** From here on a team that is there does every slice of training, whatever is faster. */
export function slicesTogether(): void {
  vi.spyOn(Pace.prototype, "next").mockReturnValue("together");
}

/**
 * The same, and a job to which not all came in time (nothing was done then) is posted again instead of done alone. `jobs` counts those
 * that a team has done.
 */
export function alwaysTogether(): { jobs: number } {
  slicesTogether();
  const count = { jobs: 0 };
  const { run } = Team.prototype;
  vi.spyOn(Team.prototype, "run").mockImplementation(function (this: Team, job) {
    for (let n = 0; n < MOST_ABSENCES; n++) {
      const rounds = run.call(this, job);
      if (rounds === undefined) continue;
      count.jobs++;
      return rounds;
    }
    return expect.fail("the threads don't come");
  });
  return count;
}

/** Runs something and expects all its records to be walked by the network's team, none by this thread alone. */
export async function together<T>(network: Network, count: { jobs: number }, work: () => Promise<T>): Promise<T> {
  const alone = vi.spyOn(network.engine, "run");
  const before = count.jobs;
  try {
    const result = await work();
    expect(alone).not.toHaveBeenCalled();
    expect(count.jobs).toBeGreaterThan(before);
    return result;
  } finally {
    alone.mockRestore();
  }
}
