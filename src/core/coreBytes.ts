import simd from "../../build/core.wasm";

/** How the core is built: "relaxed" may fuse multiplications with additions, which changes bits. */
export type Build = "simd" | "relaxed";

/** A core that the package brings: the plain one is here already, the others are loaded. */
export async function coreBytes(build: Build = "simd", forTeam = false): Promise<Uint8Array<ArrayBuffer>> {
  if (build === "simd") return decode(forTeam ? (await import("./builds/threads.js")).default : simd);
  return decode((forTeam ? await import("./builds/relaxed-threads.js") : await import("./builds/relaxed.js")).default);
}

/** Decoded by the runtime where that can: a loop over 33,000 characters takes 2 ms when it is cold. */
function decode(base64: string): Uint8Array<ArrayBuffer> {
  const { Buffer } = globalThis as { Buffer?: { from(text: string, encoding: "base64"): Uint8Array<ArrayBuffer> } };
  if (Buffer) return Buffer.from(base64, "base64");
  const characters = atob(base64);
  const bytes = new Uint8Array(characters.length);
  for (let n = 0; n < bytes.length; n++) bytes[n] = characters.charCodeAt(n);
  return bytes;
}
