import { checkBoolean, checkOptions, isRecord } from "../core/check";
import { DeltawasmError } from "../core/errors";
import { show } from "../core/show";
import { CHECKSUM, readSafetensors, type SafetensorsFile, type TensorToWrite, writeSafetensors } from "../formats/safetensors";
import { buildGraph, type Graph, type NetworkSpec, type Parameter } from "./graph";
import { checkComplete, parameterNames, readTensors, type TensorInput } from "./tensors";

// A network's file is a safetensors file whose metadata holds the spec, so that any tool can read its weights.
const SPEC = "deltawasm.spec";
const VERSION = "deltawasm.version";
/** What a trainer's file has beside. */
export const TRAINER = "deltawasm.trainer";
/** Keys of the metadata that are the format's own. */
const RESERVED: readonly string[] = ["format", SPEC, VERSION, TRAINER, CHECKSUM];
/** Version 1 is version 2 without a checksum. It is read; what is written has one. */
const VERSIONS = ["1", "2"];
/** Characters of a spec: 10,000 layers with all their options have less. Parsed, it takes many times its size. */
const LONGEST_SPEC = 2 ** 24;

/** What the names of tensors begin with that a trainer adds to those of its network. */
export const TRAINER_TENSORS: readonly string[] = ["optimizer.", "best."];

/** What a network's file holds. */
export interface NetworkFile {
  graph: Graph;
  /** The parameters, all of them. */
  tensors: Map<Parameter, Float32Array>;
  /** All else that is in it. */
  file: SafetensorsFile;
}

/** Options of `loadParameters`. */
export interface LoadParametersOptions {
  /** Whether a tensor that is no parameter of the network is an error. Default true. Every parameter must be in the file either way. */
  strict?: boolean;
}

/**
 * `metadata` is what the user keeps with the network, `trainer` what a trainer adds.
 *
 * @throws DeltawasmError type, conflict, range, memory
 */
export function writeNetworkFile(
  spec: NetworkSpec, tensors: Readonly<Record<string, TensorToWrite>>, metadata: Readonly<Record<string, string>>, trainer?: string,
): Uint8Array<ArrayBuffer> {
  checkMetadata(metadata);
  const own = { format: "pt", [VERSION]: "2", [SPEC]: JSON.stringify(spec), ...(trainer === undefined ? {} : { [TRAINER]: trainer }) };
  return writeSafetensors(tensors, { ...own, ...metadata });
}

function checkMetadata(metadata: unknown): void {
  if (!isRecord(metadata)) throw new DeltawasmError("type", `network.metadata: expected an object of texts, got ${show(metadata)}`);
  for (const [key, text] of Object.entries(metadata)) {
    if (RESERVED.includes(key)) throw new DeltawasmError("conflict", `network.metadata[${show(key)}]: the file itself uses this key; take another`);
    if (typeof text !== "string") throw new DeltawasmError("type", `network.metadata[${show(key)}]: expected text, got ${show(text)}`);
  }
}

/** What a user keeps with a network, from its file. */
export function readMetadata({ metadata }: SafetensorsFile): Record<string, string> {
  return Object.fromEntries([...metadata].filter(([key]) => !RESERVED.includes(key)));
}

/**
 * Reads a network and its parameters. Tensors whose names begin with one of `ignored`, and are no parameter's, are left alone.
 *
 * @throws DeltawasmError type, file, memory
 */
export function readNetworkFile(bytes: Uint8Array | ArrayBuffer, ignored: readonly string[] = []): NetworkFile {
  const file = readSafetensors(bytes);
  const text = file.metadata.get(SPEC);
  if (text === undefined) {
    throw new DeltawasmError("file", `file: its metadata has no ${SPEC}: it holds tensors, but no network of deltawasm; create the network, and give the file to its loadParameters`);
  }
  checkVersion(file);
  return asFileErrors(() => {
    const graph = buildGraph(parseSpec(text));
    const names = new Set(graph.parameters.map(({ name }) => name));
    const isIgnored = (name: string) => !names.has(name) && ignored.some((prefix) => name.startsWith(prefix));
    // Shapes against those of the tensors that are there, before there is memory for any.
    const tensors = readTensors("tensors", graph, inputsOf("tensors", file, (name) => !isIgnored(name)));
    checkComplete("tensors", graph, tensors);
    return { graph, tensors, file };
  });
}

/**
 * Reads the parameters of a network that is there from any safetensors file, such as a state_dict of PyTorch's, by their names.
 *
 * @throws DeltawasmError `file` for a damaged file; `shape` for a parameter that is missing or has another shape, `unknown` for a tensor
 * that is no parameter, `nonFinite`, `type`, `memory`
 */
export function readParameterFile(bytes: Uint8Array | ArrayBuffer, graph: Graph, options: LoadParametersOptions = {}): Map<Parameter, Float32Array> {
  const { strict = true } = checkOptions("options", options, ["strict"]);
  const isStrict = checkBoolean("options.strict", strict);
  const file = readSafetensors(bytes);
  const ours = file.metadata.has(VERSION);
  if (ours) checkVersion(file);
  const names = new Set(graph.parameters.map(({ name }) => name));
  // Of a batch normalisation in PyTorch, and of a trainer's file.
  const isKnown = (name: string) => /(^|\.)num_batches_tracked$/.test(name) || (ours && TRAINER_TENSORS.some((prefix) => name.startsWith(prefix)));
  const surplus = isStrict ? [...file.tensors.keys()].find((name) => !names.has(name) && !isKnown(name)) : undefined;
  if (surplus !== undefined) {
    throw new DeltawasmError("unknown", `file: no parameter is named ${show(surplus)}; ${parameterNames(graph)}; { strict: false } leaves such tensors alone`);
  }
  const tensors = readTensors("file", graph, inputsOf("file", file, (name) => names.has(name)));
  checkComplete("file", graph, tensors);
  return tensors;
}

function checkVersion({ metadata, isChecked }: SafetensorsFile): void {
  const version = metadata.get(VERSION);
  if (version === undefined || !VERSIONS.includes(version)) {
    throw new DeltawasmError("file", `file: written in version ${show(version)} of the format; this release reads versions ${VERSIONS.join(" and ")}: load it with a newer one`);
  }
  if (version !== "1" && !isChecked) {
    throw new DeltawasmError("file", `file: its metadata has no ${CHECKSUM}: it was altered since deltawasm wrote it; copy it again, or save it again, and if another tool wrote it, let ${VERSION} be "1" there`);
  }
}

function parseSpec(text: string): NetworkSpec {
  if (text.length > LONGEST_SPEC) throw new DeltawasmError("file", `its ${SPEC} has ${text.length} characters, and ${LONGEST_SPEC} are allowed`);
  try {
    return JSON.parse(text) as NetworkSpec;
  } catch {
    throw new DeltawasmError("file", `its ${SPEC} is not JSON; save the network again`);
  }
}

/** The chosen tensors, whose numbers are copied out of the file when they are read. @throws DeltawasmError type */
function inputsOf(where: string, file: SafetensorsFile, isChosen: (name: string) => boolean): Record<string, TensorInput> {
  const chosen = [...file.tensors].filter(([name]) => isChosen(name));
  return Object.fromEntries(chosen.map(([name, tensor]) => {
    if (!tensor.isFloat) throw new DeltawasmError("type", `${where}[${show(name)}]: expected F32, F64, F16 or BF16, got ${tensor.dtype}; make it float32 where it is saved`);
    return [name, { shape: tensor.shape, get data() { return tensor.floats(); } }];
  }));
}

/** What is wrong with a spec or a tensor of a file is wrong with the file. */
export function asFileErrors<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DeltawasmError) || error.code === "memory") throw error;
    throw new DeltawasmError("file", `file: ${error.message}`);
  }
}
