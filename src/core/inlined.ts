// Cores that need no file: their digits stand in a module, or the runtime has compiled them.

/**
 * The compiled core that the entries for runtimes which compile no bytes leave here (tools/copy-files.mjs). Not a variable of a module:
 * an app may hold the library twice, as ESM and as CommonJS.
 */
export function providedCore(name: "core" | "predict" = "core"): WebAssembly.Module | undefined {
  return (globalThis as { [key: symbol]: WebAssembly.Module | undefined })[Symbol.for(`deltawasm.${name}`)];
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
