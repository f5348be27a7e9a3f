import { randomBytes } from "node:crypto";
import type { Stats } from "node:fs";
import { access, constants, type FileHandle, open, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { DeltawasmError } from "../index";

/**
 * Puts bytes, or texts as they come, into a file so that at every moment, whatever happens, the path leads to the old bytes or to the new ones,
 * all of them: they are written beside it, forced to the disk, and put in its place by renaming. A link is followed; the file keeps its mode
 * and owner.
 *
 * @throws DeltawasmError file, where the path leads to something that is no file; what the file system throws
 */
export async function replaceFile(path: string, bytes: Uint8Array | AsyncIterable<string>): Promise<void> {
  const target = (await unlessMissing(realpath(path))) ?? resolve(path);
  const folder = dirname(target);
  const old = await unlessMissing(stat(target));
  if (old && !old.isFile()) throw new DeltawasmError("file", `path: ${path} is no ordinary file: give the path of a file, which is made or replaced`);
  // Renaming would not ask.
  if (old) await access(target, constants.W_OK);
  // A name as short as any that the folder can hold.
  const temporary = join(folder, `.deltawasm-${process.pid}-${randomBytes(4).toString("hex")}.tmp`);
  try {
    const file = await open(temporary, "wx");
    try {
      await writeFile(file, bytes);
      if (old) await keepOwner(file, old);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
  await syncFolder(folder);
}

async function unlessMissing<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result;
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return undefined;
    throw error;
  }
}

async function keepOwner(file: FileHandle, { uid, gid, mode }: Stats): Promise<void> {
  const own = await file.stat();
  // Only an administrator may give files away: otherwise it is the writer's.
  if (own.uid !== uid || own.gid !== gid) await file.chown(uid, gid).catch(() => {});
  if (own.mode !== mode) await file.chmod(mode & 0o777);
}

/** Forces the new name to the disk, where the system can do that. The file is whole either way. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder);
    await handle.sync().finally(() => handle.close());
  } catch {
    // Windows opens no folders.
  }
}
