import { DeltawasmError } from "../core/errors";
import { show } from "../core/show";
import { Gunzip } from "./gunzip";
import { readAll } from "./readAll";

/** Where bytes or text come from, whole or in pieces: a string, bytes, a Blob, a stream (of `fetch`, of a file), an iterable of any of them. */
export type Source = string | Uint8Array | ArrayBuffer | Blob | ReadableStream<Uint8Array | string> | AsyncIterable<Uint8Array | string>
  | Iterable<Uint8Array | string>;

// By their tags: in a test runner's realm there are other classes of the same names.
const tagOf = (value: unknown) => Object.prototype.toString.call(value).slice("[object ".length, -1);

/** A source piece by piece. @throws DeltawasmError type */
export async function* piecesOf(name: string, source: Source): AsyncGenerator<Uint8Array | string, void, undefined> {
  const tag = tagOf(source);
  if (typeof source === "string" || tag === "Uint8Array") yield source as string | Uint8Array;
  else if (tag === "ArrayBuffer") yield new Uint8Array(source as ArrayBuffer);
  else if (tag === "Blob" || tag === "File") yield* readAll((source as Blob).stream());
  else if (tag === "ReadableStream") yield* readAll(source as ReadableStream<Uint8Array | string>);
  else if (isIterable(source)) {
    for await (const piece of source) {
      if (typeof piece !== "string" && tagOf(piece) !== "Uint8Array") throw new DeltawasmError("type", `${name}: expected pieces that are text or bytes (Uint8Array), got ${show(piece)}`);
      yield piece;
    }
  } else throw new DeltawasmError("type", `${name}: expected text, bytes, a Blob, a stream or an iterable of text or bytes, got ${show(source)}`);
}

function isIterable(source: unknown): source is Iterable<Uint8Array | string> | AsyncIterable<Uint8Array | string> {
  return typeof source === "object" && source !== null && (Symbol.asyncIterator in source || Symbol.iterator in source);
}

const isGzip = (bytes: Uint8Array) => bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;

/** The pieces of a source, unpacked where they are gzip. Text stays text: to encode it piece by piece would break characters that are cut. */
async function* unpacked(name: string, source: Source): AsyncGenerator<Uint8Array | string, void, undefined> {
  const pieces = piecesOf(name, source);
  let text: string | undefined;
  // The mark of gzip has two bytes, which may come one by one.
  let head: Uint8Array = new Uint8Array(0);
  try {
    while (head.length < 2) {
      const { done, value } = await pieces.next();
      if (done) break;
      if (typeof value === "string") {
        text = value;
        break;
      }
      head = head.length === 0 ? value : Uint8Array.of(...head, ...value);
    }
    async function* whole() {
      if (head.length > 0) yield head;
      if (text !== undefined) yield text;
      yield* pieces;
    }
    if (isGzip(head)) yield* unpack(name, whole());
    else yield* whole();
  } finally {
    await pieces.return();
  }
}

async function* unpack(name: string, pieces: AsyncIterable<Uint8Array | string>): AsyncGenerator<Uint8Array, void, undefined> {
  const gunzip = new Gunzip();
  // What the source throws is passed on as it is.
  const orDamaged = <T>(run: () => T): T => {
    try {
      return run();
    } catch (error) {
      throw new DeltawasmError("file", `${name}: its gzip is damaged or cut off (${(error as Error).message}); copy it again`);
    }
  };
  for await (const piece of pieces) {
    if (typeof piece === "string") throw new DeltawasmError("type", `${name}: expected more bytes, as gzip began, got text`);
    const unpacked = gunzip.push(piece);
    for (;;) {
      const { done, value } = orDamaged(() => unpacked.next());
      if (done) break;
      yield value;
    }
  }
  orDamaged(() => gunzip.end());
}

/** All bytes of a source, unpacked where they are gzip. @throws DeltawasmError type, file */
export async function readBytes(name: string, source: Source): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  for await (const piece of unpacked(name, source)) {
    if (typeof piece === "string") throw new DeltawasmError("type", `${name}: expected bytes, got text ${show(piece)}; read the file without an encoding`);
    pieces.push(piece);
  }
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/**
 * The text of a source piece by piece: text as it is, bytes unpacked where they are gzip and decoded: UTF-8, UTF-16 with its mark, or another encoding where one is named. A mark at
 * the beginning is left out.
 *
 * @throws DeltawasmError type, file, unknown (an encoding that the runtime doesn't know)
 */
export async function* textOf(name: string, source: Source, encoding?: string): AsyncGenerator<string, void, undefined> {
  let decoder: TextDecoder | undefined;
  const decode = (bytes?: Uint8Array) => {
    try {
      return bytes ? decoder!.decode(bytes, { stream: true }) : (decoder?.decode() ?? "");
    } catch {
      throw new DeltawasmError("file", `${name}: its bytes are no ${decoder!.encoding} text; name its encoding, such as { encoding: "windows-1252" }, or save it as UTF-8`);
    }
  };
  let isFirst = true;
  for await (const piece of unpacked(name, source)) {
    if (typeof piece === "string") yield decode() + (isFirst ? piece.replace(/^\ufeff/, "") : piece);
    else {
      decoder ??= decoderFor(piece, encoding);
      yield decode(piece);
    }
    isFirst &&= piece.length === 0;
  }
  yield decode();
}

function decoderFor(bytes: Uint8Array, encoding: string | undefined): TextDecoder {
  const marked = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : "utf-8";
  try {
    return new TextDecoder(encoding ?? marked, { fatal: true });
  } catch {
    throw new DeltawasmError("unknown", `options.encoding: this runtime knows no encoding ${show(encoding)}`);
  }
}
