import bytes from "../../build/core.wasm";
import { createReferenceEngine } from "../reference/engine";
import type { Engine } from "./engine";
import { DeltawasmError, show } from "./errors";
import { createWasmEngine } from "./wasmEngine";

/** Where the engine comes from. Without options the WebAssembly core inside the package is used. */
export interface InitOptions {
  /**
   * "wasm": the WebAssembly core, or an error where it can't run. "reference": the same operations in plain TypeScript, many
   * times slower, with the same bits. Default: the core, and the reference where WebAssembly is refused (`inspect()` says so).
   */
  engine?: "wasm" | "reference";
  /** A compiled core: for runtimes that refuse to compile bytes. */
  module?: WebAssembly.Module;
  /** Where to fetch the core from. */
  url?: string | URL;
  /** The core's bytes. */
  bytes?: BufferSource;
}

let current: Promise<Engine> | undefined;

/**
 * Chooses the engine of all networks created from now on. Optional: the first `Network.create` does it with the defaults.
 *
 * @throws DeltawasmError `engine` where WebAssembly refuses and "wasm", `module`, `url` or `bytes` was asked for; `unknown` for
 * another engine.
 */
export async function init(options: InitOptions = {}): Promise<void> {
  const engine = start(options);
  await engine;
  current = engine;
}

/** The engine for a new network. */
export function currentEngine(): Promise<Engine> {
  current ??= start({});
  return current;
}

async function start({ engine, module, url, bytes: given }: InitOptions): Promise<Engine> {
  if (engine === "reference") return createReferenceEngine("float32");
  if (engine !== undefined && engine !== "wasm") {
    throw new DeltawasmError("unknown", `engine: expected "wasm" or "reference", got ${show(engine)}`);
  }
  const asked = engine !== undefined || module !== undefined || url !== undefined || given !== undefined;
  try {
    if (typeof WebAssembly === "undefined") throw new Error("this runtime has no WebAssembly");
    return await createWasmEngine(module ?? given ?? (url === undefined ? bytes : fetch(url)));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (asked) throw new DeltawasmError("engine", `WebAssembly can't run the core here (${reason}); init({ engine: "reference" }) runs without it`);
    return createReferenceEngine("float32", `the reference engine runs, many times slower, because WebAssembly refused the core: ${reason}`);
  }
}
