import relaxedThreads from "../../build/core.relaxed-threads.wasm?url";
import relaxed from "../../build/core.relaxed.wasm?url";
import threads from "../../build/core.threads.wasm?url";
import plain from "../../build/core.wasm?url";
import { decode } from "./inlined";
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
