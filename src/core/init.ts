import { checkBoolean, checkInteger, checkName, checkOptions } from "./check";
import { type Build, coreBytes, download } from "./coreBytes";
import type { Engine } from "./engine";
import { DeltawasmError } from "./errors";
import { providedCore } from "./inlined";
import { show } from "./show";
import { reasonOf, referenceEngine, standIn } from "./standIn";
import { processors, threadsRefused } from "./threads";
import { createWasmEngine } from "./wasmEngine";
import { setWideRegisters, wideRefused } from "./wide";
import { WideCheck } from "../plan/wideCheck";

/** Where the engine comes from: one of `module`, `url` and `bytes` at most. Without options the core inside the package is used. */
export interface InitOptions {
  /**
   * "wasm": the WebAssembly core, or an error where it can't run. "reference": the same operations in plain TypeScript, many
   * times slower, with the same bits. Default: the core, and the reference where WebAssembly is refused (`inspect()` says so).
   */
  engine?: "wasm" | "reference";
  /**
   * How many threads share the large operations of a step, from 1 to 64: the bits don't depend on it. Default "auto": one for each
   * processor, 8 at most, for networks that are large enough to gain from it. Where threads can't be had, one works, and `inspect()`
   * says why.
   */
  threads?: "auto" | number;
  /**
   * "relaxed" fuses multiplications with additions where the processor can: faster on some, and outside the promise of the same bits
   * everywhere. Where the runtime doesn't know relaxed SIMD, `inspect()` says so. Default "simd".
   */
  build?: Build;
  /**
   * Computes in registers of 256 bits where V8 can (Node 24 and newer, on processors with AVX2), which is an experiment of V8: it is
   * turned on for the whole process, tried at the start against plain registers, and left off unless it gives the same bits, and
   * faster. `inspect()` says so. Default false.
   */
  wide?: boolean;
  /** A compiled core: for runtimes that refuse to compile bytes. Such a core works on one thread. */
  module?: WebAssembly.Module;
  /** Where to fetch the core from. */
  url?: string | URL;
  /** The core's bytes. */
  bytes?: BufferSource;
}

/** The engines of one `init`, each made when the first network needs it. */
interface Engines {
  options: InitOptions;
  /** For networks too small for a team, and where there is none. */
  alone?: Promise<Engine>;
  /** For large networks. */
  team?: Promise<Engine>;
  /** For large networks where the core for teams can't run. */
  teamless?: Promise<Engine>;
}

/** Parameters from which on a network's operations are worth sharing. */
const LARGE = 16_384;
/** The most threads that "auto" takes. */
const AUTO_THREADS = 8;

let current: Engines = { options: {} };

/**
 * Chooses the engine of all networks created from now on; those that exist keep theirs. Optional: the first `Network.create` does
 * it with the defaults. After an error the engine stays as it was.
 *
 * @throws DeltawasmError `engine` where "wasm", `module`, `url` or `bytes` was asked for and can't run; `type`, `range`, `unknown`, and
 * `conflict` where the options exclude one another
 *
 * @example await init({ threads: 4 });
 * @example await init({ url: new URL("./core.wasm", import.meta.url) });
 */
export async function init(options: InitOptions = {}): Promise<void> {
  const engines: Engines = { options: checkInitOptions(options) };
  await engineFor(engines, false);
  current = engines;
}

/** The engine for a new network of so many parameters. */
export function currentEngine(parameters: number): Promise<Engine> {
  return engineFor(current, parameters >= LARGE);
}

/** Threads that a new network of so many parameters will have, unless their core is refused. */
export function plannedThreads(parameters: number): number {
  return planThreads(current.options, parameters >= LARGE).threads;
}

/** How many threads, and why not more. */
function planThreads(options: InitOptions, isLarge: boolean): { threads: number; refused: string | undefined } {
  const { threads = "auto" } = options;
  if (threads === 1) return { threads: 1, refused: undefined };
  // First of all, for the sake of those who only predict: to look for threads takes some runtimes a millisecond.
  if (threads === "auto" && !isLarge) return { threads: 1, refused: "one thread: for a network this small one is the fastest" };
  const wanted = threads === "auto" ? Math.min(AUTO_THREADS, processors()) : threads;
  const refused = refusal(options) ?? (wanted === 1 ? "one thread: this machine has one processor" : undefined);
  return { threads: refused === undefined ? wanted : 1, refused };
}

async function engineFor(engines: Engines, isLarge: boolean): Promise<Engine> {
  const { options } = engines;
  const { threads: wanted, refused } = planThreads(options, isLarge);
  if (wanted > 1) {
    engines.team ??= startCore(options, wanted, []);
    const engine = await engines.team.catch((error: unknown) => String(error));
    if (typeof engine !== "string") return engine;
    engines.teamless ??= start(options, [`one thread: the core for threads can't run here: ${engine}`]);
    return engines.teamless;
  }
  engines.alone ??= start(options, refused === undefined ? [] : [refused]);
  return engines.alone;
}

/** Why there can be no team. */
function refusal({ engine, module, url, bytes }: InitOptions): string | undefined {
  if (engine === "reference") return "one thread: the reference engine has no more";
  if (module !== undefined || url !== undefined || bytes !== undefined) return "one thread: the core that was given is for one";
  if (providedCore() !== undefined) return "one thread: this runtime compiles no code, and the core that it gets is for one";
  return threadsRefused();
}

function checkInitOptions(given: InitOptions): InitOptions {
  const options: InitOptions = checkOptions("options", given, ["engine", "threads", "build", "wide", "module", "url", "bytes"]);
  if (options.engine !== undefined) checkName("options.engine", options.engine, ["wasm", "reference"]);
  if (options.build !== undefined) checkName("options.build", options.build, ["simd", "relaxed"]);
  if (options.wide !== undefined) checkBoolean("options.wide", options.wide);
  if (options.threads !== undefined && options.threads !== "auto") checkInteger("options.threads", options.threads, 1, 64);
  const sources = (["module", "url", "bytes"] as const).filter((name) => options[name] !== undefined);
  if (sources.length > 1 || (sources.length === 1 && options.engine === "reference")) {
    const given = options.engine === "reference" ? ["engine: \"reference\"", ...sources] : sources;
    throw new DeltawasmError("conflict", `options: expected one source of the engine, got ${given.join(" and ")}`);
  }
  const special = options.build === "relaxed" ? "build: \"relaxed\"" : options.wide ? "wide: true" : undefined;
  if (special !== undefined && (sources.length > 0 || options.engine === "reference")) {
    throw new DeltawasmError("conflict", `options: ${special} is for the cores of the package, got it with ${sources[0] ?? "engine: \"reference\""}`);
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

/** The engine for one thread. */
async function start(options: InitOptions, notes: string[]): Promise<Engine> {
  const { engine, module, url, bytes: given } = options;
  if (engine === "reference") return referenceEngine(typeof options.threads === "number" ? notes[0] : undefined);
  const asked = engine !== undefined || module !== undefined || url !== undefined || given !== undefined;
  try {
    if (typeof WebAssembly === "undefined") throw new Error("this runtime has no WebAssembly");
    if (module !== undefined || given !== undefined) return await createWasmEngine((module ?? given)!, { notes });
    if (url !== undefined) return await createWasmEngine(await download(url), { notes });
    return await startCore(options, 1, notes);
  } catch (error) {
    if (asked) throw notRunning(reasonOf(error));
    return standIn(error);
  }
}

/** The engine on a core of the package, as near to what was asked for as this runtime allows. */
async function startCore({ build, wide }: InitOptions, threads: number, notes: string[]): Promise<Engine> {
  const provided = providedCore();
  if (provided !== undefined) {
    if (build === "relaxed") notes.push("the plain build: this runtime compiles no code, and gets no other");
    if (wide) notes.push("no wide registers: this runtime compiles no code");
    return createWasmEngine(provided, { notes });
  }
  const { bytes, chosen } = await chooseCore(build, threads > 1, notes);
  const options = { build: chosen, threads, notes };
  if (!wide) return createWasmEngine(bytes, options);
  const refused = wideRefused();
  if (refused !== undefined) {
    notes.push(refused);
    return createWasmEngine(bytes, options);
  }
  // First the plain one: code that is compiled later is wide.
  setWideRegisters(false);
  const check = new WideCheck(await createWasmEngine(bytes, options));
  setWideRegisters(true);
  const engine = await createWasmEngine(markedWide(bytes), { ...options, wide: true });
  const failure = check.failure(engine);
  if (failure === undefined) return engine;
  setWideRegisters(false);
  notes.push(failure);
  return createWasmEngine(bytes, options);
}

/** The same core in other bytes, an empty section named "wide" behind it: V8 doesn't compile anew what it has compiled. */
function markedWide(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(...bytes, 0, 5, 4, 0x77, 0x69, 0x64, 0x65);
}

function notRunning(reason: string): DeltawasmError {
  return new DeltawasmError("engine", `WebAssembly can't run the core here (${reason}); init({ engine: "reference" }) runs without it`);
}

/** A module with one relaxed multiply-add: (func (drop (f32x4.relaxed_madd …))). */
const RELAXED_PROBE = Uint8Array.of(
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 20, 1, 18, 0,
  0x41, 0, 0xfd, 17, 0x41, 0, 0xfd, 17, 0x41, 0, 0xfd, 17, 0xfd, 0x85, 0x02, 0x1a, 0x0b,
);

/** The core that was asked for, where the runtime knows what it needs and it can be loaded: some bundlers leave it behind. */
async function chooseCore(build: Build | undefined, forTeam: boolean, notes: string[]): Promise<{ bytes: Uint8Array<ArrayBuffer>; chosen: Build }> {
  if (build === "relaxed") {
    if (!WebAssembly.validate(RELAXED_PROBE)) notes.push("the plain build: this runtime doesn't know relaxed SIMD");
    else {
      try {
        return { bytes: await coreBytes("relaxed", forTeam), chosen: "relaxed" };
      } catch (error) {
        notes.push(`the plain build: the relaxed one can't be loaded here: ${String(error)}`);
      }
    }
  }
  return { bytes: await coreBytes("simd", forTeam), chosen: "simd" };
}
