/**
 * Files on disk, for Node.
 *
 * @module deltawasm/node
 */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { show } from "../core/show";
import { DeltawasmError } from "../core/errors";
import { replaceFile } from "./replaceFile";

/** What saves itself: a `Network` or a `Trainer`. */
export interface Saveable {
  /** The bytes of its file. */
  save(): Uint8Array;
}

/** The last save to each path that is still going on. */
const pending = new Map<string, Promise<unknown>>();

/**
 * Saves a network, a trainer or bytes to a file, so that a crash, a full disk or a power cut leaves the old file or the new one, never a
 * part of one: it is written beside its place, forced to the disk, and renamed. Saves to one path follow one another.
 *
 * What is saved is the state at the moment of the call: training can go on. Bytes must not change before it is done. A process that is killed
 * while it writes leaves a file named `.deltawasm-….tmp` behind, which can be deleted.
 *
 * @param path where to; a folder must be there, a file is replaced
 * @throws DeltawasmError `type` for a wrong argument, `file` where the path leads to a folder or a device, and what `save` throws; errors
 * of the file system come as they are, and leave the old file and nothing else
 *
 * @example await saveFile("digits.safetensors", network);
 */
export async function saveFile(path: string | URL, what: Saveable | Uint8Array | ArrayBuffer): Promise<void> {
  const target = resolve(checkPath(path));
  const bytes = bytesOf(what);
  const before = pending.get(target);
  const saved = (async () => {
    await before?.catch(() => {});
    await replaceFile(target, bytes);
  })();
  pending.set(target, saved);
  try {
    await saved;
  } finally {
    if (pending.get(target) === saved) pending.delete(target);
  }
}

// By their tags: in a test runner's realm there are other classes of the same names.
const tagOf = (value: unknown) => Object.prototype.toString.call(value).slice("[object ".length, -1);

function checkPath(path: unknown): string {
  if (typeof path === "string" && path !== "") return path;
  if (tagOf(path) === "URL" && (path as URL).protocol === "file:") return fileURLToPath(path as URL);
  throw new DeltawasmError("type", `path: expected the path of a file or a file: URL, got ${tagOf(path) === "URL" ? String(path).slice(0, 40) : show(path)}`);
}

function bytesOf(what: unknown): Uint8Array {
  const bytes = asBytes(what);
  if (bytes) return bytes;
  const { save } = (what ?? {}) as { save?: unknown };
  if (typeof save !== "function") throw new DeltawasmError("type", `what: expected a Network, a Trainer or bytes, got ${show(what)}`);
  const result: unknown = save.call(what);
  const saved = asBytes(result);
  if (!saved) throw new DeltawasmError("type", `what: expected a save() that gives bytes, got ${show(result)}`);
  return saved;
}

function asBytes(value: unknown): Uint8Array | undefined {
  if (tagOf(value) === "ArrayBuffer") return new Uint8Array(value as ArrayBuffer);
  return ArrayBuffer.isView(value) && tagOf(value) === "Uint8Array" ? (value as Uint8Array) : undefined;
}
