import { createReferenceEngine } from "../reference/engine";
import { checkName, checkOptions } from "./check";
import { coreBytes } from "./coreBytes";
import type { Engine } from "./engine";
import { DeltawasmError, show } from "./errors";
import { createWasmEngine } from "./wasmEngine";

/** Where the engine comes from: one of `module`, `url` and `bytes` at most. Without options the core inside the package is used. */
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
 * Chooses the engine of all networks created from now on; those that exist keep theirs. Optional: the first `Network.create` does
 * it with the defaults. After an error the engine stays as it was.
 *
 * @throws DeltawasmError `engine` where "wasm", `module`, `url` or `bytes` was asked for and can't run; `type`, `unknown`, and
 * `conflict` where the options exclude one another
 *
 * @example await init({ url: new URL("./core.wasm", import.meta.url) });
 */
export async function init(options: InitOptions = {}): Promise<void> {
  const engine = start(checkInitOptions(options));
  await engine;
  current = engine;
}

/** The engine for a new network. */
export function currentEngine(): Promise<Engine> {
  current ??= start({});
  return current;
}

function checkInitOptions(given: InitOptions): InitOptions {
  const options: InitOptions = checkOptions("options", given, ["engine", "module", "url", "bytes"]);
  if (options.engine !== undefined) checkName("options.engine", options.engine, ["wasm", "reference"]);
  const sources = (["module", "url", "bytes"] as const).filter((name) => options[name] !== undefined);
  if (sources.length > 1 || (sources.length === 1 && options.engine === "reference")) {
    const given = options.engine === "reference" ? ["engine: \"reference\"", ...sources] : sources;
    throw new DeltawasmError("conflict", `options: expected one source of the engine, got ${given.join(" and ")}`);
  }
  const kind = (value: unknown) => Object.prototype.toString.call(value).slice("[object ".length, -1);
  checkSource("options.module", options.module, "a WebAssembly.Module", (value) => kind(value) === "WebAssembly.Module");
  checkSource("options.url", options.url, "a string or URL", (value) => typeof value === "string" || kind(value) === "URL");
  checkSource("options.bytes", options.bytes, "a Uint8Array or an ArrayBuffer", (value) => ArrayBuffer.isView(value) || kind(value) === "ArrayBuffer");
  return options;
}

function checkSource(name: string, value: unknown, expected: string, isRight: (value: unknown) => boolean): void {
  if (value !== undefined && !isRight(value)) throw new DeltawasmError("type", `${name}: expected ${expected}, got ${show(value)}`);
}

async function start({ engine, module, url, bytes: given }: InitOptions): Promise<Engine> {
  if (engine === "reference") return createReferenceEngine("float32");
  const asked = engine !== undefined || module !== undefined || url !== undefined || given !== undefined;
  try {
    if (typeof WebAssembly === "undefined") throw new Error("this runtime has no WebAssembly");
    return await createWasmEngine(module ?? given ?? (url === undefined ? coreBytes() : await download(url)));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (asked) throw new DeltawasmError("engine", `WebAssembly can't run the core here (${reason}); init({ engine: "reference" }) runs without it`);
    return createReferenceEngine("float32", `the reference engine runs, many times slower, because WebAssembly refused the core: ${reason}`);
  }
}

/** Not compiled while it streams: that needs a media type that many servers don't send, and the core is small. */
async function download(url: string | URL): Promise<ArrayBuffer> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.arrayBuffer();
}
