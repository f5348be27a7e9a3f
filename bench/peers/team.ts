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

/** One that is ready. */
export interface Member extends Entry, Hello {
  process: PeerProcess;
  /** Why it failed on the way. */
  failed?: Error;
}

/** Why one takes no part. */
export interface Absence extends Entry {
  reason: Error;
}

/** Those that can do the task, in the order of the list. Batches of one row are no work to share. */
export function entries(peers: readonly Peer[], task: Task): Entry[] {
  return peers.filter((peer) => peer.can(task)).flatMap((peer) => (
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
        if (task.kind === "training") await seeItLearn(child);
        found.set(entry, { ...entry, ...hello, process: child });
      } catch (error) {
        absent.push({ ...entry, reason: error as Error });
        await child?.end();
      }
      onReady();
    }
  };
  await Promise.all([work(), work()]);
  return { members: wanted.flatMap((entry) => found.get(entry) ?? []), absent };
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

export const isMissing = ({ reason }: Absence) => reason instanceof Missing;
export const isLacking = ({ reason }: Absence) => reason instanceof Lacking;
