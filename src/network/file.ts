import { DeltawasmError } from "../core/errors";
import { type FileTensor, readSafetensors, writeSafetensors } from "../formats/safetensors";
import { buildGraph, type Graph, type NetworkSpec, type Parameter } from "./graph";
import { checkComplete, readTensors } from "./tensors";

// A network's file is a safetensors file whose metadata holds the spec, so that any tool can read its weights.
const SPEC = "deltawasm.spec";
const VERSION = "deltawasm.version";

export function writeNetworkFile(spec: NetworkSpec, tensors: Record<string, FileTensor>): Uint8Array<ArrayBuffer> {
  return writeSafetensors(tensors, { format: "pt", [VERSION]: "1", [SPEC]: JSON.stringify(spec) });
}

/** @throws DeltawasmError type, file, memory */
export function readNetworkFile(bytes: Uint8Array | ArrayBuffer): { graph: Graph; tensors: Map<Parameter, Float32Array> } {
  const { tensors, metadata } = readSafetensors(bytes);
  const text = metadata[SPEC];
  if (text === undefined) {
    throw new DeltawasmError("file", `file: its metadata has no ${SPEC}: it holds tensors, but no network of deltawasm; create the network and give them to setParameters`);
  }
  if (metadata[VERSION] !== "1") {
    throw new DeltawasmError("file", `file: written in version ${metadata[VERSION]} of the format; this release reads version 1`);
  }
  return asFileErrors(() => {
    const graph = buildGraph(JSON.parse(text) as NetworkSpec);
    const checked = readTensors("tensors", graph, tensors);
    checkComplete("tensors", graph, checked);
    return { graph, tensors: checked };
  });
}

/** What is wrong with a spec or a tensor of a file is wrong with the file. */
function asFileErrors<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof SyntaxError) throw new DeltawasmError("file", `file: its ${SPEC} is not JSON`);
    if (!(error instanceof DeltawasmError) || error.code === "memory") throw error;
    throw new DeltawasmError("file", `file: ${error.message}`);
  }
}
