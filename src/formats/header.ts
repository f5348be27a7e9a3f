import { show } from "../core/show";
import { damaged } from "./damaged";

// The header of a safetensors file: { "__metadata__": { "key": "text" }, "tensor": { "dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24] } }
// It is read as this, and not as any JSON: each key once, no levels but these, no numbers but sizes. What a header of so many bytes
// makes is in proportion to them.

/** What a header says of a tensor; of its numbers, at bytes [begin, end) after the header. */
export interface HeaderEntry {
  name: string;
  dtype: string;
  shape: number[];
  begin: number;
  end: number;
}

export interface Header {
  metadata: Map<string, string>;
  entries: HeaderEntry[];
}

const MOST_ENTRIES = 2 ** 20;
const MOST_AXES = 8;
const DIGITS = String(Number.MAX_SAFE_INTEGER).length;

/** Reads a header. @throws DeltawasmError file */
export function parseHeader(text: string): Header {
  const reader = new HeaderReader(text);
  const entries: HeaderEntry[] = [];
  let metadata = new Map<string, string>();
  reader.object("the header", (name) => {
    if (name === "__metadata__") metadata = readMetadata(reader);
    else entries.push(readEntry(reader, name));
  });
  reader.end();
  return { metadata, entries };
}

function readMetadata(reader: HeaderReader): Map<string, string> {
  const metadata = new Map<string, string>();
  reader.object("the metadata", (key) => metadata.set(key, reader.string()));
  return metadata;
}

function readEntry(reader: HeaderReader, name: string): HeaderEntry {
  const where = `tensor ${show(name)}`;
  let dtype: string | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  reader.object(where, (key) => {
    if (key === "dtype") dtype = reader.string();
    else if (key === "shape") shape = reader.sizes();
    else if (key === "data_offsets") offsets = reader.sizes();
    else throw damaged(`${where} has ${show(key)}, and the format knows dtype, shape and data_offsets`);
  });
  if (dtype === undefined) throw damaged(`${where} has no dtype`);
  if (!shape) throw damaged(`${where} has no shape`);
  if (offsets?.length !== 2) throw damaged(`${where} has no data_offsets of two numbers`);
  return { name, dtype, shape, begin: offsets[0], end: offsets[1] };
}

/** Goes through the text once, and takes what it expects. */
class HeaderReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** An object; `value` reads that of each key. */
  object(what: string, value: (key: string) => void): void {
    const keys = new Set<string>();
    this.#take("{");
    if (this.#takes("}")) return;
    do {
      this.#space();
      const key = this.string();
      if (keys.has(key)) throw damaged(`${what} has ${show(key)} twice`);
      if (keys.size === MOST_ENTRIES) throw damaged(`${what} has more than ${MOST_ENTRIES} entries`, "split it");
      keys.add(key);
      this.#take(":");
      value(key);
    } while (this.#takes(","));
    this.#take("}");
  }

  string(): string {
    this.#space();
    const from = this.#at;
    if (this.#text[from] !== "\"") throw this.#unexpected("a text in double quotes");
    let isPlain = true;
    for (let at = from + 1; ; at++) {
      const code = this.#text.charCodeAt(at);
      if (code === 0x22) {
        this.#at = at + 1;
        break;
      }
      if (code === 0x5c) {
        isPlain = false;
        at++;
      }
      if (!(code >= 0x20)) {
        this.#at = at;
        throw this.#unexpected("the rest of a text");
      }
    }
    if (isPlain) return this.#text.slice(from + 1, this.#at - 1);
    try {
      return JSON.parse(this.#text.slice(from, this.#at)) as string;
    } catch {
      this.#at = from;
      throw this.#unexpected("a text in JSON");
    }
  }

  /** Sizes in brackets. */
  sizes(): number[] {
    const sizes: number[] = [];
    this.#take("[");
    if (this.#takes("]")) return sizes;
    do {
      if (sizes.length === MOST_AXES) throw this.#unexpected(`at most ${MOST_AXES} numbers`);
      sizes.push(this.#size());
    } while (this.#takes(","));
    this.#take("]");
    return sizes;
  }

  /** Nothing but spaces may follow. */
  end(): void {
    this.#space();
    if (this.#at < this.#text.length) throw this.#unexpected("the end of the header");
  }

  /** A whole number from 0, as JSON writes it. */
  #size(): number {
    this.#space();
    let length = 0;
    while (length <= DIGITS && isDigit(this.#text.charCodeAt(this.#at + length))) length++;
    const digits = this.#text.slice(this.#at, this.#at + length);
    const size = Number(digits);
    const isSize = length > 0 && (length === 1 || digits[0] !== "0") && Number.isSafeInteger(size)
      && !".eE".includes(this.#text[this.#at + length] ?? " ");
    if (!isSize) throw this.#unexpected("a whole number from 0 to 2^53 − 1");
    this.#at += length;
    return size;
  }

  #take(mark: string): void {
    if (!this.#takes(mark)) throw this.#unexpected(mark);
  }

  #takes(mark: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== mark) return false;
    this.#at++;
    return true;
  }

  #space(): void {
    for (; this.#at < this.#text.length; this.#at++) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
    }
  }

  #unexpected(expected: string): Error {
    const found = this.#at < this.#text.length ? show(this.#text.slice(this.#at, this.#at + 16)) : "nothing more";
    return damaged(`its header has ${found} at character ${this.#at}, where ${expected} should be`);
  }
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
