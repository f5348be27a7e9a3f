import { expect } from "vitest";
import { SeededNumbers } from "./numbers";

// Files that went wrong on disk, on the wire or in bad hands: each is refused with a coded error, or gives what its maker meant.

/** What is to be tried. */
export interface Fuzz<Loaded> {
  /** A valid file. */
  file: Uint8Array;
  /** Others, of which parts get into it. */
  donors?: readonly Uint8Array[];
  /** Reads a file; what it gives is disposed of by `check`, if there is anything to. */
  load: (bytes: Uint8Array) => Loaded | Promise<Loaded>;
  /** Expects what was loaded to be whole. `isSame` tells that the bytes are those of the valid file. */
  check: (loaded: Loaded, isSame: boolean) => void;
  /** Whether the file has a checksum: whatever differs from it must be refused. */
  isSealed: boolean;
  /** How many altered files. */
  count: number;
  seed: number;
  /** Bytes of typed arrays that were made since the last call, where that can be told. */
  claimed?: () => number;
}

/** What became of the files, by the beginnings of the messages of those that were refused. */
export interface Outcomes {
  loaded: number;
  refused: number;
  same: number;
  slowest: number;
  reasons: Map<string, number>;
}

/** A file in milliseconds: many times what it takes, for the machine may be busy. */
const PATIENCE = 5000;
/** How many bytes may be claimed for each byte of a file: one of 8 bits becomes a float of 32, which is copied. */
const GROWTH = 8;

/** Alters a file again and again, and reads what comes of it. */
export async function fuzzFile<Loaded>({ file, donors = [], load, check, isSealed, count, seed, claimed }: Fuzz<Loaded>): Promise<Outcomes> {
  const numbers = new SeededNumbers(seed);
  const outcomes: Outcomes = { loaded: 0, refused: 0, same: 0, slowest: 0, reasons: new Map() };
  for (let n = 0; n < count; n++) {
    let bytes: Uint8Array = file.slice();
    // One alteration mostly, sometimes a few on top of one another.
    for (let more = true; more; more = numbers.uniform(0, 1) < 0.2) bytes = numbers.pick(mutations)(bytes, numbers, [file, ...donors]);
    const isSame = equal(bytes, file);
    const started = performance.now();
    claimed?.();
    let error: unknown;
    let loaded: Loaded | undefined;
    try {
      loaded = await load(bytes);
    } catch (thrown) {
      error = thrown;
    }
    const took = performance.now() - started;
    outcomes.slowest = Math.max(outcomes.slowest, took);
    // Plain comparisons: an `expect` takes longer than a file.
    if (took > PATIENCE) expect.fail(`file ${n} of seed ${seed} took ${took} ms`);
    const bytesClaimed = claimed?.() ?? 0;
    if (bytesClaimed > GROWTH * (bytes.length + 64)) expect.fail(`file ${n} of seed ${seed}, of ${bytes.length} bytes, made arrays of ${bytesClaimed}`);
    if (error !== undefined) {
      if (!isRefusal(error)) throw new Error(`file ${n} of seed ${seed} was refused without a code of files`, { cause: error });
      if (isSame) throw new Error(`file ${n} of seed ${seed} is the valid one, and was refused`, { cause: error });
      const reason = (error as Error).message.replace(/"[^"]*"|\[[^\]]*\]|\d+/g, "…").slice(0, 60);
      outcomes.reasons.set(reason, (outcomes.reasons.get(reason) ?? 0) + 1);
      outcomes.refused++;
      continue;
    }
    if (isSealed && !isSame) expect.fail(`file ${n} of seed ${seed} was altered, and loaded`);
    check(loaded as Loaded, isSame);
    if (isSame) outcomes.same++;
    else outcomes.loaded++;
  }
  return outcomes;
}

/** The same file without its checksum, as another writer would have it. */
export function unsealed(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes).toString("latin1");
  const changed = text.replace(/"deltawasm.crc32":"[0-9a-f]{8}",/, "").replace("\"deltawasm.version\":\"2\"", "\"deltawasm.version\":\"1\"");
  const result = new Uint8Array(Buffer.from(changed, "latin1"));
  const view = new DataView(result.buffer);
  view.setBigUint64(0, view.getBigUint64(0, true) - BigInt(text.length - changed.length), true);
  return result;
}

function isRefusal(error: unknown): boolean {
  const { name, code, message } = error as { name?: string; code?: string; message?: string };
  return name === "DeltawasmError" && (code === "file" || code === "memory") && message!.length < 600;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

type Mutation = (bytes: Uint8Array, numbers: SeededNumbers, files: readonly Uint8Array[]) => Uint8Array;

/** A place in a file: in its header more often than chance would have it. */
function place(bytes: Uint8Array, numbers: SeededNumbers): number {
  return numbers.below(1 + (numbers.sign() < 0 ? bytes.length : Math.min(bytes.length, headerOf(bytes).end)));
}

const onBytes: Mutation[] = [
  function flipBits(bytes, numbers) {
    for (let n = numbers.below(4); n >= 0; n--) bytes[place(bytes, numbers)]! ^= 1 << numbers.below(8);
    return bytes;
  },
  function setBytes(bytes, numbers) {
    for (let n = numbers.below(4); n >= 0; n--) bytes[place(bytes, numbers)] = numbers.below(256);
    return bytes;
  },
  function fill(bytes, numbers) {
    const from = place(bytes, numbers);
    return bytes.fill(numbers.pick([0, 0xff, 0x20, 0x30, numbers.below(256)]), from, from + numbers.below(64));
  },
  function cutEnd(bytes, numbers) {
    return bytes.slice(0, numbers.pick([numbers.below(bytes.length + 1), Math.max(0, bytes.length - 1 - numbers.below(16)), numbers.below(20)]));
  },
  function cutBeginning(bytes, numbers) {
    return bytes.slice(numbers.pick([numbers.below(bytes.length + 1), numbers.below(20)]));
  },
  function extend(bytes, numbers) {
    const more = new Uint8Array(1 + numbers.below(numbers.pick([1, 4, 16, 200])));
    return joined(bytes, numbers.sign() < 0 ? more : more.map(() => numbers.below(256)));
  },
  function removeInside(bytes, numbers) {
    const from = place(bytes, numbers);
    return joined(bytes.subarray(0, from), bytes.subarray(from + 1 + numbers.below(32)));
  },
  function insertInside(bytes, numbers) {
    const from = place(bytes, numbers);
    const more = Uint8Array.from({ length: 1 + numbers.below(32) }, () => numbers.below(256));
    return joined(bytes.subarray(0, from), more, bytes.subarray(from));
  },
  function copyInside(bytes, numbers) {
    const from = place(bytes, numbers);
    return bytes.copyWithin(place(bytes, numbers), from, from + numbers.below(100));
  },
  function splice(bytes, numbers, files) {
    const other = numbers.pick(files);
    return joined(bytes.subarray(0, place(bytes, numbers)), other.subarray(place(other, numbers)));
  },
  function changeNumbers(bytes, numbers) {
    const words = Math.floor((bytes.length - headerOf(bytes).end) / 4);
    if (words < 1) return bytes;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    view.setFloat32(headerOf(bytes).end + 4 * numbers.below(words), numbers.pick([NaN, Infinity, -Infinity, 0, -0, 3e38, 1e-45, numbers.uniform(-1, 1)]), true);
    return bytes;
  },
  function changeLength(bytes, numbers) {
    if (bytes.length < 8) return bytes;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const length = view.getBigUint64(0, true);
    const near = length + BigInt(numbers.below(40) - 20);
    const choices = [0n, 1n, 2n, near, length * 2n, BigInt(bytes.length), BigInt(bytes.length - 8), 100_000_000n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n];
    view.setBigUint64(0, BigInt.asUintN(64, numbers.pick(choices)), true);
    return bytes;
  },
];

const ODD_NUMBERS = [
  "0", "1", "-1", "-0", "0.5", "1e0", "1e9", "1e400", "4", "8", "00", "01", "255", "65536", "1048576", "1048577", "2147483647", "2147483648",
  "4294967296", "1099511627776", "9007199254740991", "9007199254740992", "18446744073709551615", "NaN", "Infinity", "null", "true", "\"1\"",
  "[]", "{}", "9".repeat(400),
];
const ODD_NAMES = [
  "__proto__", "constructor", "toString", "__metadata__", "", "0.weight", "dtype", "shape", "data_offsets", "\\u0000", "\\ud800", "a".repeat(2000),
  "optimizer.0.weight", "best.0.weight", "deltawasm.spec", "deltawasm.crc32", "deltawasm.version", "F32", "F64", "F16", "BF16", "I64", "U8", "BOOL", "F8_E4M3",
];

/** Edits of the header's text; the length in front of it is then made to fit, so that what comes after is read. */
const onText: ((text: string, numbers: SeededNumbers) => string)[] = [
  function changeCharacter(text, numbers) {
    const at = numbers.below(text.length + 1);
    return text.slice(0, at) + numbers.pick([..."0123456789[]{},:\"\\-.eE \n\u0000\u00e9"]) + text.slice(at + 1);
  },
  (text, numbers) => replaceOne(text, /-?\d+(\.\d+)?/g, numbers, () => numbers.pick(ODD_NUMBERS)),
  (text, numbers) => replaceOne(text, /\d+/g, numbers, (digits) => String(Math.max(0, Number(digits) + numbers.below(9) - 4))),
  (text, numbers) => replaceOne(text, /"[^"\\]*"/g, numbers, () => `"${numbers.pick(ODD_NAMES)}"`),
  (text, numbers) => replaceOne(text, /\[[^[\]]*\]/g, numbers, () => numbers.pick(["[]", "[0]", "[1]", "[0,0]", "[0,4]", "[4,0]", "[1048576,1048576]", "[1,1,1,1,1,1,1,1,1]", "[[]]"])),
  function moveOffsets(text, numbers) {
    const by = numbers.pick([-8, -4, -1, 1, 4, 8]);
    return replaceOne(text, /\[\d+,\d+\]/g, numbers, (pair) => `[${pair.slice(1, -1).split(",").map((end) => Math.max(0, Number(end) + by)).join()}]`);
  },
  function nest(text, numbers) {
    const depth = numbers.pick([2, 10, 1000]);
    return replaceOne(text, /"[^"]*":/g, numbers, (key) => key + numbers.pick(["[", "{\"a\":"]).repeat(depth));
  },
  // Entries: {…} and "key":"text".
  (text, numbers) => replaceOne(text, ENTRY, numbers, (entry) => `${entry},${entry}`),
  (text, numbers) => replaceOne(text, ENTRY, numbers, () => ""),
  (text, numbers) => replaceOne(text, ENTRY_WITH_COMMA, numbers, () => ""),
  function swapEntries(text, numbers) {
    const entries = [...text.matchAll(ENTRY)].map(([entry]) => entry);
    if (entries.length < 2) return text;
    const [one, two] = [numbers.pick(entries), numbers.pick(entries)];
    return text.replace(one, () => "\u0001").replace(two, () => one).replace("\u0001", () => two);
  },
  function swapNames(text, numbers) {
    const names = [...text.matchAll(/"[^"\\]*"(?=:)/g)].map(([name]) => name);
    if (names.length < 2) return text;
    const [one, two] = [numbers.pick(names), numbers.pick(names)];
    return text.replace(one, () => "\u0001").replace(two, () => one).replace("\u0001", () => two);
  },
  (text, numbers) => text.slice(0, numbers.below(text.length + 1)),
  (text, numbers) => text + numbers.pick([" ", "\n", "        ", "{}", "}", "\u0000", "x"]),
  (text, numbers) => numbers.pick([" ", "\ufeff", "[", "{", "\u0000"]) + text,
];

const ENTRY = /"(?:[^"\\]|\\.)*":(?:\{[^{}]*\}|"(?:[^"\\]|\\.)*")/g;
const ENTRY_WITH_COMMA = new RegExp(`${ENTRY.source},`, "g");

const mutations: Mutation[] = [...onBytes, ...onText.map((edit): Mutation => (bytes, numbers) => {
  const { text, end } = headerOf(bytes);
  const header = new TextEncoder().encode(edit(text, numbers));
  const result = joined(new Uint8Array(8), header, bytes.subarray(end));
  new DataView(result.buffer).setBigUint64(0, BigInt(header.length), true);
  return result;
})];

/** The header of a file as far as there is one. */
function headerOf(bytes: Uint8Array): { text: string; end: number } {
  if (bytes.length < 8) return { text: "", end: bytes.length };
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  const end = Math.min(bytes.length, 8 + length);
  return { text: Buffer.from(bytes.buffer, bytes.byteOffset + 8, end - 8).toString("utf8"), end };
}

function replaceOne(text: string, pattern: RegExp, numbers: SeededNumbers, replacement: (match: string) => string): string {
  const matches = [...text.matchAll(pattern)];
  if (matches.length === 0) return text;
  const match = numbers.pick(matches);
  return text.slice(0, match.index) + replacement(match[0]) + text.slice(match.index + match[0].length);
}

function joined(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
