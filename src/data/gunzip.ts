import { Z_BUF_ERROR, Z_NO_FLUSH, Z_OK, Z_STREAM_END, ZStream, zlibInflate, zlibInflateInit2, zlibInflateReset } from "pako";

/** Bytes of an unpacked piece, at the most. */
const PIECE = 1 << 16;
/** Windows of up to 2¹⁵ bytes, and 16 for: nothing but gzip. */
const GZIP = 15 + 16;

/**
 * Unpacks gzip piece by piece, by pako: a file of several members, one after the other, is that of all of them (RFC 1952, 2.2). The DecompressionStream
 * of Node takes several, those of browsers one. Zeros behind the last member are padding, as for gzip itself.
 */
export class Gunzip {
  readonly #stream = new ZStream();
  #members = 0;
  #state: "member" | "between" | "padding" = "member";

  constructor() {
    zlibInflateInit2(this.#stream, GZIP);
  }

  /** The bytes that some more packed ones make. @throws Error saying what is wrong with them */
  *push(packed: Uint8Array): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
    const stream = this.#stream;
    stream.input = packed;
    stream.next_in = 0;
    stream.avail_in = packed.length;
    for (;;) {
      if (this.#state !== "member" && !this.#begins()) return;
      if (stream.avail_out === 0) {
        stream.output = new Uint8Array(PIECE);
        stream.next_out = 0;
        stream.avail_out = PIECE;
      }
      const from = stream.next_out;
      const status = zlibInflate(stream, Z_NO_FLUSH);
      if (stream.next_out > from) yield stream.output.subarray(from, stream.next_out);
      if (status === Z_STREAM_END) {
        this.#members++;
        this.#state = "between";
      } else if (status !== Z_OK && status !== Z_BUF_ERROR) {
        throw new Error(this.#members > 0 && stream.msg === "incorrect header check" ? this.#foreign() : stream.msg);
      } else if (stream.avail_in === 0 && stream.avail_out > 0) return;
    }
  }

  /** Whether another member begins here. */
  #begins(): boolean {
    const { input, next_in: at, avail_in: left } = this.#stream;
    if (left === 0) return false;
    if (this.#state === "padding" || input[at] === 0) {
      if (input.subarray(at).some((byte) => byte !== 0)) throw new Error(this.#foreign());
      this.#state = "padding";
      return false;
    }
    zlibInflateReset(this.#stream);
    this.#state = "member";
    return true;
  }

  #foreign(): string {
    return `${this.#members === 1 ? "behind its end" : `behind the end of its member ${this.#members}`} there is something that is no gzip`;
  }

  /** @throws Error where the last member isn't whole */
  end(): void {
    if (this.#state === "member") throw new Error("it ends too early");
  }
}
