// Measures deltawasm and its peers in one run, one thing at a time: `npm run bench:peers`; `-- --help` says with which options.

import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { setTimeout } from "node:timers/promises";
import { type Case, type Effort, measure, toRow } from "../measure";
import { chart } from "./chart";
import { FileStore } from "./files";
import { readOptions } from "./options";
import type { Peer, PeerRow } from "./peer";
import { peers } from "./peers";
import { progress } from "./progress";
import { tables } from "./table";
import { type Absence, entries, gather, isLacking, isMissing, type Member } from "./team";
import { type Task, tasks } from "./task";

const options = readOptions();

/** Milliseconds in which the threads of the last one fall asleep: they stay awake a little, in case there is more to do. */
const PAUSE = 10;

/** Turns of a member as something that `measure` knows. A failure makes it take no further part. */
function toCase(task: Task, member: Member): Case {
  const { engine, variant, samples, process: child } = member;
  const isTraining = task.kind === "training";
  return {
    case: task.name, engine, ...variant, unit: isTraining ? "samples/s" : "µs",
    run: async (turns) => {
      if (member.failed) return Infinity;
      await setTimeout(PAUSE);
      return child.run(turns).catch((error: Error) => {
        member.failed = error;
        return Infinity;
      });
    },
    toUnit: (seconds) => (isTraining ? samples / seconds : seconds * 1e6),
  };
}

async function measureAll(): Promise<PeerRow[]> {
  const effort: Effort = options.quick ? { seconds: 0.02, runs: 3 } : { seconds: 0.1, runs: 7 };
  const chosen = tasks.filter(({ name }) => options.only.test(name));
  if (chosen.length === 0) throw new Error(`--only ${options.only.source}: there are ${tasks.map(({ name }) => name).join(", ")}`);
  const some = peers.filter((peer, n) => n === 0 || options.peers.test(peer.id));
  if (some.length === 1) throw new Error(`--peers ${options.peers.source}: there are ${peers.map(({ id }) => id).join(", ")}`);
  console.log(`${cpus()[0].model.trim()}, Node ${process.version}; medians of ${effort.runs} runs, one thing at a time`);

  const store = new FileStore();
  const rows: PeerRow[] = [];
  const absent: Absence[] = [];
  const isLeftOut = (peer: Peer) => absent.some((a) => a.peer === peer && isMissing(a));
  const total = chosen.reduce((sum, task) => sum + entries(some, task).length, 0);
  let done = 0;
  const since = performance.now();
  try {
    for (const [n, task] of chosen.entries()) {
      const wanted = entries(some, task);
      const where = `case ${n + 1} of ${chosen.length}, ${task.name}`;
      let ready = 0;
      const show = (share: number, what: string) => progress(`${where}: ${what}`, (done + share * wanted.length) / total, since);
      show(0, "start");
      const gathered = await gather(wanted.filter(({ peer }) => !isLeftOut(peer)), task, store, () => {
        show((0.4 * ++ready) / wanted.length, `${ready} of ${wanted.length} ready`);
      });
      try {
        const cases = new Map(gathered.members.map((member) => [toCase(task, member), member]));
        show(0.4, "warm-up");
        const results = await measure([...cases.keys()], effort, (round) => {
          show(0.6 + (0.4 * round) / effort.runs, `round ${round + 1} of ${effort.runs}`);
        });
        const taken: PeerRow[] = [];
        for (const [c, member] of cases) {
          if (member.failed) gathered.absent.push({ ...member, reason: member.failed });
          else taken.push({ ...toRow(c, results.get(c)!), kind: member.peer.kind });
        }
        progress();
        console.log(tables(taken));
        for (const absence of gathered.absent) announce(absence, absent);
        rows.push(...taken);
        absent.push(...gathered.absent);
      } finally {
        await Promise.all(gathered.members.map((member) => member.process.end()));
      }
      done += wanted.length;
    }
  } finally {
    progress();
    store.end();
  }
  console.log(`\n${rows.length} rows in ${((performance.now() - since) / 1000).toFixed(0)} s`);
  const notes = some.filter((peer) => peer.note && !isLeftOut(peer));
  if (notes.length > 0) console.log(["\nWhat is not the same:", ...notes.map(({ id, note }) => `  ${id}: ${note}`)].join("\n"));
  const gone = absent.filter(isMissing);
  const failed = absent.filter((a) => !isMissing(a) && !isLacking(a));
  for (const { peer, reason } of gone) {
    console.error(`\nLEFT OUT, not installed: ${peer.id} (${firstLine(reason)})\n  to have it: ${peer.get}`);
  }
  if (failed.length > 0) {
    console.error(`\n${failed.length} FAILED, see above: ${[...new Set(failed.map(({ peer }) => peer.id))].join(", ")}`);
    process.exitCode = 1;
  }
  return rows;
}

const firstLine = ({ message }: Error) => message.split("\n")[0];

/** Says who takes no part in a case; once where it is for the same reason in all. */
function announce(absence: Absence, before: readonly Absence[]): void {
  const { peer, variant, reason } = absence;
  if (before.some((a) => a.peer === peer && a.reason.message === reason.message)) return;
  const { threads, build } = variant;
  const name = [peer.id, ...(threads > 1 ? [`${threads} threads`] : []), ...(build === "none" ? [] : [build])].join(", ");
  if (isMissing(absence)) console.error(`  LEFT OUT: ${name} is not installed. To have it: ${peer.get}`);
  else if (isLacking(absence)) console.log(`  without ${name}: ${firstLine(reason)}`);
  else console.error(`  FAILED: ${name}: ${reason.message}`);
}

try {
  const rows = options.from === undefined ? await measureAll() : (JSON.parse(readFileSync(options.from, "utf8")) as PeerRow[]);
  if (options.from !== undefined) console.log(tables(rows));
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);
  if (options.chart !== undefined) writeFileSync(options.chart, await chart(rows));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
