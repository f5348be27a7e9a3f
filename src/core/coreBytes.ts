import relaxedThreads from "../../build/core.relaxed-threads.wasm?url";
import relaxed from "../../build/core.relaxed.wasm?url";
import threads from "../../build/core.threads.wasm?url";
import plain from "../../build/core.wasm?url";
import { builtin } from "./threads";

/** How the core is built: "relaxed" may fuse multiplications with additions, which changes bits. */
export type Build = "simd" | "relaxed";

/** Those of the plain core are in a module of their own, which bundlers take along; the others lie beside, for those who ask for them. */
export async function coreBytes(build: Build = "simd", forTeam = false): Promise<Uint8Array<ArrayBuffer>> {
  if (build === "relaxed") return read((forTeam ? relaxedThreads : relaxed)());
  if (forTeam) return read(threads());
  const module = await import("../../build/core.wasm").catch((error: unknown) => error as Error);
  if (!(module instanceof Error)) return decode(module.default);
  // Service workers may not import on demand, but they may fetch.
  return read(plain()).catch(() => {
    throw module;
  });
}

/**
 * The compiled core that the entries for runtimes which compile no bytes leave here (tools/copy-files.mjs). Not a variable of a module:
 * an app may hold the library twice, as ESM and as CommonJS.
 */
export function providedCore(): WebAssembly.Module | undefined {
  return (globalThis as { [key: symbol]: WebAssembly.Module | undefined })[Symbol.for("deltawasm.core")];
}

async function read(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  const files = builtin<{ readFile(url: URL): Promise<Uint8Array<ArrayBuffer>> }>("node:fs/promises");
  return url.protocol === "file:" && files ? files.readFile(url) : new Uint8Array(await download(url));
}

/** Not compiled while it streams: that needs a media type that many servers don't send, and the core is small. */
export async function download(url: string | URL): Promise<ArrayBuffer> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.arrayBuffer();
}

/** The bytes that hexadecimal digits stand for. By the runtime where it can: a loop over 60,000 of them takes 2 ms when it is cold. */
export function decode(digits: string): Uint8Array<ArrayBuffer> {
  const { Buffer } = globalThis as { Buffer?: { from(text: string, encoding: "hex"): Uint8Array<ArrayBuffer> } };
  if (Buffer) return Buffer.from(digits, "hex");
  const { fromHex } = Uint8Array as { fromHex?: (digits: string) => Uint8Array<ArrayBuffer> };
  if (fromHex) return fromHex.call(Uint8Array, digits);
  const bytes = new Uint8Array(digits.length / 2);
  for (let n = 0; n < bytes.length; n++) bytes[n] = (valueOf(digits.charCodeAt(2 * n)) << 4) | valueOf(digits.charCodeAt(2 * n + 1));
  return bytes;
}

/** Of a digit's code: 0 to 9 are at 48, a to f at 97. */
function valueOf(code: number): number {
  return code < 58 ? code - 48 : code - 87;
}
