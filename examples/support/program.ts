import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { DeltawasmError } from "deltawasm";
import { colors } from "./text";

/** A mistake of the person at the keyboard: told in one line, without a stack. */
export class Mistake extends Error {}

/** Runs a program; a mistake ends it with exit code 1. */
export async function run(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    if (!isMistake(error)) throw error;
    console.error(`${colors.red("error:")} ${error.message}`);
    process.exitCode = 1;
  }
}

function isMistake(error: unknown): error is Error {
  if (error instanceof Mistake || error instanceof DeltawasmError) return true;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  // Wrong options, and files that can't be read or written.
  return code.startsWith("ERR_PARSE_ARGS") || ["ENOENT", "EACCES", "EISDIR", "ENOTDIR", "ENOSPC", "EROFS"].includes(code);
}

/** An option that is a whole number. */
export function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least) {
    throw new Mistake(`${name}: expected a whole number, at least ${least}, got "${text}"`);
  }
  return value;
}

/** An option that is a file to write: known to have a place before hours of training end. */
export function fileToWrite(name: string, path: string): string {
  const full = resolve(path);
  if (!existsSync(dirname(full))) throw new Mistake(`${name}: there is no folder ${dirname(full)}`);
  return full;
}
