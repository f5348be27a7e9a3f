import { access, constants, open, readFile } from "node:fs/promises";
import { existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { DeltawasmError } from "deltawasm";
import type { Model } from "deltawasm/model";
import { Mistake } from "./mistake";

/** What our files begin with, after 8 bytes. */
const HEAD = '{"__metadata__":{"deltawasm.';

/** Reads a model. */
export async function readModel(path: string): Promise<Model> {
  const { Model } = await import("deltawasm/model");
  const bytes = await readFile(path);
  if (!startsAsModel(bytes)) throw new Mistake(`${path}: is no model; give what "deltawasm train" saved`);
  try {
    return await Model.load(bytes);
  } catch (error) {
    throw error instanceof DeltawasmError ? new Mistake(`${path}: ${error.message.replace(/^file: /, "")}`) : error;
  }
}

/** A file to write, known to have a place before hours of work end; another's file is not written over. */
export async function fileToWrite(option: string, path: string, { force = false, isOurs }: { force?: boolean; isOurs(path: string): Promise<boolean> }): Promise<string> {
  const full = resolve(path);
  const folder = dirname(full);
  if (!existsSync(folder)) throw new Mistake(`${option}: there is no folder ${folder}`);
  if (existsSync(full) && !statSync(full).isFile()) throw new Mistake(`${option}: ${path} is ${statSync(full).isDirectory() ? "a folder" : "no ordinary file"}; give the name of a file`);
  // The new file is written beside its place.
  await access(folder, constants.W_OK).catch(() => { throw new Mistake(`${option}: the folder ${folder} may not be written to`); });
  if (existsSync(full) && !force && !(await isOurs(full))) {
    throw new Mistake(`${option}: ${path} is there already; take another name, or --force to write over it`);
  }
  return full;
}

const startsAsModel = (bytes: Buffer) => bytes.toString("latin1", 8, 8 + HEAD.length) === HEAD;

/** Whether a file is a network of deltawasm. */
export async function isModel(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(8 + HEAD.length), 0, 8 + HEAD.length, 0);
    return startsAsModel(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}
