import { DeltawasmError } from "../core/errors";

/** The error of a file that is not what it should be: what is wrong with it, and what to do. */
export function damaged(reason: string, advice = "it is damaged, or was never one: copy it again from where it was saved, or save it again"): DeltawasmError {
  return new DeltawasmError("file", `file: not a safetensors file that can be read: ${reason}; ${advice}`);
}
