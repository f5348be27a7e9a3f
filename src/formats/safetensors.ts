import { DeltawasmError, show } from "../core/errors";
import { claim, newFloats } from "../core/memory";

/** A tensor of a file. */
export interface FileTensor {
  shape: readonly number[];
  data: Float32Array;
}

// The format: 8 bytes with the length of the header, the header in JSON, the numbers. https://github.com/huggingface/safetensors
const LENGTH_BYTES = 8;
const LARGEST_HEADER = 100_000_000;
const MOST_AXES = 8;

/** A safetensors file of 32-bit floats. */
export function writeSafetensors(tensors: Record<string, FileTensor>, metadata: Record<string, string>): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let end = 0;
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    header[name] = { dtype: "F32", shape, data_offsets: [end, end + data.byteLength] };
    end += data.byteLength;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  // Spaces pad the header, so that the numbers start at a multiple of 8.
  const headerLength = Math.ceil(text.length / 8) * 8;
  const bytes = LENGTH_BYTES + headerLength + end;
  const file = claim(bytes, () => new Uint8Array(bytes));
  const view = new DataView(file.buffer);
  view.setBigUint64(0, BigInt(headerLength), true);
  file.fill(0x20, LENGTH_BYTES, LENGTH_BYTES + headerLength);
  file.set(text, LENGTH_BYTES);
  let at = LENGTH_BYTES + headerLength;
  for (const { data } of Object.values(tensors)) {
    for (let n = 0; n < data.length; n++, at += 4) view.setFloat32(at, data[n], true);
  }
  return file;
}

/** Reads a safetensors file of 32-bit floats. @throws DeltawasmError file */
export function readSafetensors(bytes: Uint8Array | ArrayBuffer): { tensors: Record<string, FileTensor>; metadata: Record<string, string> } {
  const file = asBytes(bytes);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < LENGTH_BYTES) throw damaged(`expected at least ${LENGTH_BYTES} bytes, got ${file.length}`);
  const headerLength = Number(view.getBigUint64(0, true));
  const start = LENGTH_BYTES + headerLength;
  if (headerLength > LARGEST_HEADER || start > file.length) {
    throw damaged(`its header claims ${headerLength} bytes, the file has ${file.length}`);
  }
  const header = parseHeader(file.subarray(LENGTH_BYTES, start));
  let metadata: Record<string, string> = {};
  const entries: Entry[] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") metadata = checkMetadata(entry);
    else entries.push(checkEntry(name, entry, file.length - start));
  }
  // Before anything is copied: tensors that overlap could claim any amount of memory.
  checkCoverage(entries, file.length - start);
  const tensors = Object.fromEntries(entries.map(({ name, shape, begin, end }) => {
    const data = newFloats((end - begin) / 4);
    for (let n = 0; n < data.length; n++) data[n] = view.getFloat32(start + begin + n * 4, true);
    return [name, { shape, data }];
  }));
  return { tensors, metadata };
}

/** A tensor of the header, its numbers at bytes [begin, end) after it. */
interface Entry {
  name: string;
  shape: number[];
  begin: number;
  end: number;
}

function asBytes(bytes: Uint8Array | ArrayBuffer): Uint8Array {
  // By their tags: in a test runner's realm, bytes that the host read are of another class of the same name.
  const tag = Object.prototype.toString.call(bytes);
  if (tag === "[object ArrayBuffer]") return new Uint8Array(bytes as ArrayBuffer);
  if (tag === "[object Uint8Array]" && ArrayBuffer.isView(bytes)) return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  throw new DeltawasmError("type", `bytes: expected a Uint8Array or an ArrayBuffer, got ${show(bytes)}`);
}

function damaged(reason: string): DeltawasmError {
  return new DeltawasmError("file", `file: not a safetensors file that can be read: ${reason}`);
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    // A copy: memory that threads share is not decoded.
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(bytes)));
  } catch (error) {
    throw damaged(`its header is not JSON (${error instanceof Error ? error.message : error})`);
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) throw damaged("its header is not an object");
  return header as Record<string, unknown>;
}

function checkMetadata(entry: unknown): Record<string, string> {
  const isText = typeof entry === "object" && entry !== null && !Array.isArray(entry)
    && Object.values(entry).every((value) => typeof value === "string");
  if (!isText) throw damaged("its metadata is not an object of texts");
  return entry as Record<string, string>;
}

function checkEntry(name: string, entry: unknown, available: number): Entry {
  const { dtype, shape, data_offsets: offsets } = (typeof entry === "object" && entry !== null ? entry : {}) as Record<string, unknown>;
  if (dtype !== "F32") throw damaged(`tensor ${show(name)} is of type ${show(dtype)}; 32-bit floats (F32) are read`);
  const isSize = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  if (!Array.isArray(shape) || shape.length > MOST_AXES || !shape.every(isSize)) throw damaged(`tensor ${show(name)} has no valid shape`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) throw damaged(`tensor ${show(name)} has no valid offsets`);
  const [begin, end] = offsets as [number, number];
  const bytes = (shape as number[]).reduce((product, size) => product * size, 4);
  if (end - begin !== bytes || end > available) {
    throw damaged(`tensor ${show(name)} of shape [${shape.join(", ")}] claims bytes ${begin} to ${end} of ${available}`);
  }
  return { name, shape: shape as number[], begin, end };
}

/** The tensors must cover the numbers without a gap or an overlap, as the format asks. */
function checkCoverage(entries: readonly Entry[], length: number): void {
  let at = 0;
  for (const { begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== at) throw damaged(`bytes ${Math.min(at, begin)} to ${Math.max(at, begin)} belong to no tensor, or to two`);
    at = end;
  }
  if (at !== length) throw damaged(`${length - at} bytes after the last tensor`);
}
