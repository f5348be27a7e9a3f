// Registers of 256 bits, which WebAssembly doesn't know. V8 can make one 256-bit operation of two neighbouring ones of 128 bits, where the
// processor has AVX2: behind a flag, as it is experimental. It changes no bit; whoever turns it on checks that (plan/wideCheck.ts).

interface V8 {
  setFlagsFromString(flags: string): void;
}

/** The first version of V8 that gains by the flag: 12 knows it, older ones complain of it. */
const FIRST = 13;

function v8(): V8 | undefined {
  const { process } = globalThis as { process?: { versions?: { v8?: string }; getBuiltinModule?: (name: string) => unknown } };
  const knows = Number.parseInt(process?.versions?.v8 ?? "0", 10) >= FIRST;
  return knows ? (process?.getBuiltinModule?.("node:v8") as V8 | undefined) : undefined;
}

/** Why there can be no wide registers; undefined where there may be. */
export function wideRefused(): string | undefined {
  return v8()?.setFlagsFromString === undefined ? "no wide registers: they need V8 13 or newer, as in Node 24" : undefined;
}

/**
 * Tells the engine to use them, or not to, from now on. The flag is that of the process: code is compiled well after its module,
 * so it can't be set for one module alone.
 */
export function setWideRegisters(on: boolean): void {
  v8()?.setFlagsFromString(`--${on ? "" : "no-"}experimental-wasm-revectorize`);
}
