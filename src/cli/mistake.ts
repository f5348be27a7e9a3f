import { DeltawasmError } from "deltawasm";

/** A mistake of the person at the keyboard: told in one line, without a stack. */
export class Mistake extends Error {}

/** Codes of the file system that a person can do something about. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file", EISDIR: "it is a folder", ENOTDIR: "a part of its path is no folder", EACCES: "it may not be read or written",
  EPERM: "it may not be written", ENOSPC: "the disk is full", EROFS: "the disk can't be written to",
};

/** What a person is told of an error, or undefined where it is no mistake of theirs but one of ours. */
export function mistakeOf(error: unknown): string | undefined {
  if (error instanceof Mistake) return error.message;
  if (error instanceof DeltawasmError) return asTyped(error.message.replace(/^options\.(\w+)/, (_, name: string) => optionOf(name)));
  if (!(error instanceof Error)) return undefined;
  const { code, path } = error as NodeJS.ErrnoException;
  const reason = code === undefined ? undefined : REASONS[code];
  return reason === undefined ? undefined : `${path === undefined ? "" : `${path}: `}${reason}`;
}

/** "--batch-size" of `batchSize`: options have the library's names, written as people type them. */
export const optionOf = (name: string) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** What the library says to do, in the words of the command. */
export function asTyped(text: string): string {
  return text.replaceAll("by dateOrder", "by --date-order").replaceAll(/task "(\w+)"/g, "--task $1").replaceAll('decimal ","', "--decimal ,")
    .replaceAll("give fit earlyStopping", "stop early by --validation 0.2").replaceAll("take a smaller network", "take a smaller network by --hidden 16");
}

/** The name that is most like the one that was given, if one is like it: for "did you mean". */
export function nearest(given: string, names: readonly string[]): string | undefined {
  const distances = names.map((name) => distance(given.toLowerCase(), name.toLowerCase()));
  const least = Math.min(...distances);
  return least <= Math.max(2, given.length / 3) ? names[distances.indexOf(least)] : undefined;
}

/** Letters to change, insert or take away (Levenshtein 1965). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, n) => n);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next.push(Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length];
}
