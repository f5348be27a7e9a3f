import { createReadStream } from "node:fs";
import { DeltawasmError } from "deltawasm";
import { readIdx } from "deltawasm/data";
import { Mistake } from "../support/program";

/** An array of bytes of any number of axes. */
export interface IdxFile {
  /** Sizes of the axes, the slowest first: [images, height, width]. */
  shape: number[];
  data: Uint8Array;
}

/** Reads an IDX file of unsigned bytes, plain or gzip. */
export async function readBytes(path: string, axes: "images" | "labels"): Promise<IdxFile> {
  const wrong = (reason: string) => new Mistake(`${path}: not an IDX file of ${axes}: ${reason}`);
  const { shape, data } = await readIdx(createReadStream(path)).catch((error: unknown) => { throw asMistake(path, error); });
  if (!(data instanceof Uint8Array)) throw wrong(`it holds ${data.constructor.name.replace("Array", "")} numbers, expected unsigned bytes`);
  const rank = shape.length;
  if (axes === "labels" ? rank !== 1 : rank < 2) throw wrong(`it has ${rank} ${rank === 1 ? "axis" : "axes"}, expected ${axes === "labels" ? "1" : "3"}`);
  return { shape, data };
}

/** What went wrong with a file, in words. */
function asMistake(path: string, error: unknown): unknown {
  if (error instanceof DeltawasmError) return new Mistake(`${path}: ${error.message.replace(/^idx: /, "")}`);
  const { code, message } = error as NodeJS.ErrnoException;
  const reasons: Record<string, string> = { ENOENT: "there is no such file", EISDIR: "it is a folder", EACCES: "it may not be read" };
  return code === undefined ? error : new Mistake(`${path}: ${reasons[code] ?? message}`);
}
