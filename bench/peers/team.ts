import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { FileStore } from "./files";
import { isNative, Lacking, Missing, oneThread, type Peer, type Variant } from "./peer";
import { type Hello, PeerProcess } from "./talk";
import { material, type Task } from "./task";

/** A peer that is to be measured at a task. */
export interface Entry {
  peer: Peer;
  variant: Variant;
}

type Losses = readonly [before: number, after: number];

/** One that is ready. */
export interface Member extends Entry, Hello {
  process: PeerProcess;
  /** Its losses before and after the first epoch, where all peers of a task compute the same. */
  losses?: Losses;
  /** Why it failed on the way. */
  failed?: Error;
}

/** Why one takes no part. */
export interface Absence extends Entry {
  reason: Error;
}

/** Those that can do the task, in the order of the list. Batches of one row are no work to share. */
export function entries(peers: readonly Peer[], task: Task): Entry[] {
  return peers.filter((peer) => peer.can(task) && (peer.convolves || !task.convolutions)).flatMap((peer) => (
    (peer.variants ?? [oneThread])
      .filter(({ threads }) => threads === 1 || task.batchSize > 1)
      .map((variant) => ({ peer, variant }))
  ));
}

/** Starts their processes, two at a time, and sees them learn. */
export async function gather(
  wanted: readonly Entry[], task: Task, store: FileStore, onReady: () => void,
): Promise<{ members: Member[]; absent: Absence[] }> {
  const data = material(task);
  const files = store.write(data);
  const found = new Map<Entry, Member>();
  const absent: Absence[] = [];
  const queue = [...wanted];
  const work = async () => {
    for (let entry = queue.shift(); entry; entry = queue.shift()) {
      let child: PeerProcess | undefined;
      try {
        child = launch(entry, task, () => (isNative(entry!.peer) ? entry!.peer.command(data, files, entry!.variant) : undefined));
        const hello = await child.hello();
        const member: Member = { ...entry, ...hello, process: child };
        if (task.convolutions) member.losses = await firstEpoch(child, data.rows / hello.samples);
        else if (task.kind === "training") await seeItLearn(child);
        found.set(entry, member);
      } catch (error) {
        absent.push({ ...entry, reason: error as Error });
        await child?.end();
      }
      onReady();
    }
  };
  await Promise.all([work(), work()]);
  const members = wanted.flatMap((entry) => found.get(entry) ?? []);
  // The first of the list is ours.
  const ours = found.get(wanted[0])?.losses;
  const others = members.filter(({ losses }) => losses && ours && !agree(losses, ours));
  for (const member of others) {
    absent.push({ ...member, reason: new Error(`its losses were ${member.losses!.join(", then ")}; ours ${ours!.join(", then ")}`) });
    await member.process.end();
  }
  return { members: members.filter((member) => !others.includes(member)), absent };
}

/** Wide registers and fused multiply-adds need a newer Node than the oldest that deltawasm runs in: the one of this package, where it is. */
function nodeFor({ build }: Variant): string {
  const newer = fileURLToPath(new URL(`../node_modules/node24-${process.platform}-${process.arch}/bin/node`, import.meta.url));
  return (build === "wide" || build === "relaxed") && existsSync(newer) ? newer : process.execPath;
}

function launch(
  { peer, variant }: Entry, task: Task, native: () => { file: string; args: string[]; env?: NodeJS.ProcessEnv } | undefined,
): PeerProcess {
  const threads = String(variant.threads);
  const host = fileURLToPath(new URL("./host.mjs", import.meta.url));
  const { file, args, env } = native() ?? { file: nodeFor(variant), args: [host, peer.id, task.name, threads, variant.build] };
  const all: NodeJS.ProcessEnv = { ...process.env, OMP_NUM_THREADS: threads, OPENBLAS_NUM_THREADS: threads, ...env };
  // A setting that makes OpenBLAS take older kernels than the processor's own.
  delete all.OPENBLAS_CORETYPE;
  return new PeerProcess(file, args, all);
}

/** The share by which the loss has to fall, and the seconds that it may take. */
const [FALL, SECONDS] = [0.005, 8];

/** Trains until the loss is clearly smaller. @throws where it is not */
async function seeItLearn(child: PeerProcess): Promise<void> {
  const before = await child.loss();
  let spent = 0;
  let after = before;
  for (let turns = 1; spent < SECONDS; turns *= 2) {
    spent += await child.run(turns);
    after = await child.loss();
    if (after < before * (1 - FALL)) return;
    if (!Number.isFinite(after)) break;
  }
  throw new Error(`it does not learn: its loss went from ${before} to ${after} in ${spent.toFixed(1)} s`);
}

/** Losses before and after one epoch in the order of the data. Turn by turn: the slow ones would be silent for long. */
async function firstEpoch(child: PeerProcess, turns: number): Promise<Losses> {
  const before = await child.loss();
  for (let turn = 0; turn < turns; turn++) await child.run(1);
  return [before, await child.loss()];
}

/**
 * How far the losses may be from ours: the first as far as roundings go; the one after an epoch by this share of the fall, for of equal
 * numbers in a window not all libraries take the same.
 */
const [ROUNDING, SHARE] = [1e-5, 0.002];

/** Whether the losses of a member are those of ours. */
function agree([before, after]: Losses, [ourBefore, ourAfter]: Losses): boolean {
  return Math.abs(before - ourBefore) <= ROUNDING * ourBefore && Math.abs(after - ourAfter) <= SHARE * (ourBefore - ourAfter);
}

export const isMissing = ({ reason }: Absence) => reason instanceof Missing;
export const isLacking = ({ reason }: Absence) => reason instanceof Lacking;
