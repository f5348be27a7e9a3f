import { DeltawasmError } from "../core/errors";
import type { NetworkSpec } from "./graph";
import { type FileTensor, readSafetensors, writeSafetensors } from "../formats/safetensors";

// A network's file is a safetensors file whose metadata holds the spec, so that any tool can read its weights.
const SPEC = "deltawasm.spec";
const VERSION = "deltawasm.version";

export function writeNetworkFile(spec: NetworkSpec, tensors: Record<string, FileTensor>): Uint8Array<ArrayBuffer> {
  return writeSafetensors(tensors, { format: "pt", [VERSION]: "1", [SPEC]: JSON.stringify(spec) });
}

/** The spec is not checked here: building its graph does. @throws DeltawasmError file */
export function readNetworkFile(bytes: Uint8Array | ArrayBuffer): { spec: NetworkSpec; tensors: Record<string, FileTensor> } {
  const { tensors, metadata } = readSafetensors(bytes);
  const text = metadata[SPEC];
  if (text === undefined) {
    throw new DeltawasmError("file", `file: its metadata has no ${SPEC}: it holds tensors, but no network of deltawasm; create the network and give them to setParameters`);
  }
  if (metadata[VERSION] !== "1") {
    throw new DeltawasmError("file", `file: written in version ${metadata[VERSION]} of the format; this release reads version 1`);
  }
  try {
    return { spec: JSON.parse(text) as NetworkSpec, tensors };
  } catch {
    throw new DeltawasmError("file", `file: its ${SPEC} is not JSON`);
  }
}
