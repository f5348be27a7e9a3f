import { DeltawasmError } from "../core/errors";
import { show } from "../core/show";
import { claim } from "../core/memory";
import { crc32 } from "./crc32";
import { damaged } from "./damaged";
import { type Dtype, dtypes, isDtype, toFloats } from "./dtypes";
import { type HeaderEntry, parseHeader } from "./header";

// The format: 8 bytes with the length of the header, the header in JSON, the numbers. https://github.com/huggingface/safetensors
const LENGTH_BYTES = 8;
const LARGEST_HEADER = 100_000_000;

/** The key in the metadata under which a file holds its checksum. */
export const CHECKSUM = "deltawasm.crc32";
// The CRC-32 of the whole file, as 8 hexadecimal digits, computed with zeros in their place. They are the first of the header, so that
// they are at the same bytes of every file.
const BEFORE_DIGITS = `{"__metadata__":{"${CHECKSUM}":"`;
const DIGITS = 8;
const DIGITS_AT = LENGTH_BYTES + BEFORE_DIGITS.length;
const ZEROS = new Uint8Array(DIGITS).fill(0x30);

/** A tensor that goes into a file. */
export interface TensorToWrite {
  shape: readonly number[];
  data: Float32Array;
}

/** A tensor of a file. Its numbers stay in the file's bytes until they are asked for. */
export interface FileTensor {
  readonly dtype: Dtype;
  /** Whether its numbers have fractions. */
  readonly isFloat: boolean;
  readonly shape: readonly number[];
  /** A copy of the numbers as 32-bit floats, each rounded to the nearest: a wider one can become ±Infinity. @throws DeltawasmError memory */
  floats(): Float32Array<ArrayBuffer>;
}

/** What a file holds. */
export interface SafetensorsFile {
  /** By their names, in the order of the header. */
  tensors: ReadonlyMap<string, FileTensor>;
  metadata: ReadonlyMap<string, string>;
  /** Whether it has a checksum, which is then right. */
  isChecked: boolean;
}

/** A safetensors file of 32-bit floats, with its checksum in the metadata. The same tensors and texts in the same order give the same bytes. */
export function writeSafetensors(tensors: Readonly<Record<string, TensorToWrite>>, metadata: Readonly<Record<string, string>>): Uint8Array<ArrayBuffer> {
  const texts = Object.entries(metadata).filter(([key]) => key !== CHECKSUM).map(([key, text]) => `,${JSON.stringify(key)}:${JSON.stringify(text)}`);
  let end = 0;
  const entries = Object.entries(tensors).map(([name, { shape, data }]) => {
    const begin = end;
    end += data.byteLength;
    return `,${JSON.stringify(name)}:{"dtype":"F32","shape":[${shape.join()}],"data_offsets":[${begin},${end}]}`;
  });
  const text = new TextEncoder().encode(`${BEFORE_DIGITS}${"0".repeat(DIGITS)}"${texts.join("")}}${entries.join("")}}`);
  // Spaces pad the header, so that the numbers start at a multiple of 8.
  const headerLength = Math.ceil(text.length / 8) * 8;
  if (headerLength > LARGEST_HEADER) {
    throw new DeltawasmError("range", `file: its header would have ${headerLength} bytes, and the format allows ${LARGEST_HEADER}: use shorter names`);
  }
  const bytes = LENGTH_BYTES + headerLength + end;
  const file = claim(bytes, () => new Uint8Array(bytes));
  new DataView(file.buffer).setBigUint64(0, BigInt(headerLength), true);
  file.fill(0x20, LENGTH_BYTES, LENGTH_BYTES + headerLength);
  file.set(text, LENGTH_BYTES);
  let at = LENGTH_BYTES + headerLength;
  for (const { data } of Object.values(tensors)) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  file.set(new TextEncoder().encode(checksum(file)), DIGITS_AT);
  return file;
}

/** Reads a safetensors file. @throws DeltawasmError type, file */
export function readSafetensors(bytes: Uint8Array | ArrayBuffer): SafetensorsFile {
  const file = asBytes(bytes);
  if (file.length < LENGTH_BYTES) throw damaged(`expected at least ${LENGTH_BYTES} bytes, got ${file.length}`);
  const headerLength = Number(new DataView(file.buffer, file.byteOffset, LENGTH_BYTES).getBigUint64(0, true));
  const start = LENGTH_BYTES + headerLength;
  if (headerLength > LARGEST_HEADER || start > file.length) {
    throw damaged(`its header claims ${headerLength} bytes, the file has ${file.length}, and ${LARGEST_HEADER} are allowed`);
  }
  const { metadata, entries } = parseHeader(decode(file.subarray(LENGTH_BYTES, start)));
  const given = metadata.get(CHECKSUM);
  if (given !== undefined) verify(file, start, given);
  // Before anything is copied: tensors that overlap could claim any amount of memory.
  const numbers = file.subarray(start);
  for (const entry of entries) checkEntry(entry, numbers.length);
  checkCoverage(entries, numbers.length);
  const tensors = new Map(entries.map(({ name, dtype, shape, begin, end }) => {
    const known = dtype as Dtype;
    return [name, { dtype: known, isFloat: dtypes[known].isFloat, shape, floats: () => toFloats(known, numbers.subarray(begin, end)) }];
  }));
  return { tensors, metadata, isChecked: given !== undefined };
}

function asBytes(bytes: Uint8Array | ArrayBuffer): Uint8Array {
  // By their tags: in a test runner's realm, bytes that the host read are of another class of the same name.
  const tag = Object.prototype.toString.call(bytes);
  if (tag === "[object ArrayBuffer]") return new Uint8Array(bytes as ArrayBuffer);
  if (tag === "[object Uint8Array]" && ArrayBuffer.isView(bytes)) return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  throw new DeltawasmError("type", `bytes: expected a Uint8Array or an ArrayBuffer, got ${show(bytes)}`);
}

function decode(header: Uint8Array): string {
  try {
    // A copy: memory that threads share is not decoded.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(new Uint8Array(header));
  } catch {
    throw damaged("its header is no text in UTF-8");
  }
}

function checksum(file: Uint8Array): string {
  const before = crc32(ZEROS, crc32(file.subarray(0, DIGITS_AT)));
  return crc32(file.subarray(DIGITS_AT + DIGITS), before).toString(16).padStart(DIGITS, "0");
}

/** Throws unless the checksum is where it belongs, and right. */
function verify(file: Uint8Array, start: number, given: string): void {
  const place = String.fromCharCode(...file.subarray(LENGTH_BYTES, Math.min(start, DIGITS_AT + DIGITS)));
  const computed = checksum(file);
  if (place === BEFORE_DIGITS + given && given === computed) return;
  throw new DeltawasmError("file", `file: its checksum is ${show(given)}, and ${show(computed)} would be right: it was altered since deltawasm wrote it; copy it again, or save it again, and if another tool wrote it, leave ${CHECKSUM} out of its metadata`);
}

/** Throws unless the entry's bytes are there, and as many as its shape needs. */
function checkEntry({ name, dtype, shape, begin, end }: HeaderEntry, available: number): void {
  const where = `tensor ${show(name)}`;
  if (!isDtype(dtype)) {
    throw damaged(`${where} is of type ${show(dtype)}, and ${Object.keys(dtypes).join(", ")} are read`, "make it float32 where it is saved");
  }
  let bytes: number = dtypes[dtype].bytes;
  for (const size of shape) {
    bytes *= size;
    if (bytes > Number.MAX_SAFE_INTEGER) throw damaged(`${where} has the shape [${shape.join(", ")}], which is more than any file holds`);
  }
  if (end - begin !== bytes || end > available) {
    throw damaged(`${where}, ${dtype} of shape [${shape.join(", ")}], claims bytes ${begin} to ${end} of ${available}`);
  }
}

/** The tensors must cover the numbers without a gap or an overlap, as the format asks. */
function checkCoverage(entries: readonly HeaderEntry[], length: number): void {
  let at = 0;
  for (const { begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== at) throw damaged(`bytes ${Math.min(at, begin)} to ${Math.max(at, begin)} belong to no tensor, or to two`);
    at = end;
  }
  if (at !== length) throw damaged(`${length - at} bytes after the last tensor`);
}
