import { isRecord } from "../core/check";
import { DeltawasmError } from "../core/errors";
import { show } from "../core/show";
import { newFloats } from "../core/memory";
import type { Numbers } from "../data/rows";
import type { Graph, Parameter } from "./graph";
import { sizeOf } from "./shape";

/** Numbers for a parameter of a network. */
export interface TensorInput {
  /** That of the parameter; may be left out. */
  shape?: readonly number[];
  /** Row by row, as many as the parameter has. */
  data: Numbers;
}

/** Copies of the tensors that a user or a file gives, by the parameters they are for. @throws DeltawasmError type, unknown, shape, nonFinite, range, memory */
export function readTensors(where: string, graph: Graph, tensors: Record<string, TensorInput>): Map<Parameter, Float32Array> {
  if (!isRecord(tensors)) throw new DeltawasmError("type", `${where}: expected an object of named tensors, got ${show(tensors)}`);
  const byName = new Map(graph.parameters.map((parameter) => [parameter.name, parameter]));
  const result = new Map<Parameter, Float32Array>();
  for (const [name, tensor] of Object.entries(tensors)) {
    const parameter = byName.get(name);
    if (!parameter) throw new DeltawasmError("unknown", `${where}: no parameter is named ${show(name)}; ${parameterNames(graph)}`);
    result.set(parameter, readTensor(`${where}["${name}"]`, parameter, tensor));
  }
  return result;
}

/** Throws unless there is a tensor for each parameter. @throws DeltawasmError shape */
export function checkComplete(where: string, graph: Graph, tensors: ReadonlyMap<Parameter, Float32Array>): void {
  const missing = graph.parameters.find((parameter) => !tensors.has(parameter));
  if (missing) throw new DeltawasmError("shape", `${where}: the parameter "${missing.name}" is missing; ${parameterNames(graph)}`);
}

/** The names of the parameters, for messages. */
export function parameterNames({ parameters }: Graph): string {
  const names = parameters.slice(0, 8).map(({ name }) => name).join(", ");
  return parameters.length > 8 ? `there are ${names} and ${parameters.length - 8} more` : `there are ${names || "none"}`;
}

function readTensor(where: string, { shape, least = -Infinity }: Parameter, tensor: TensorInput): Float32Array {
  if (!isRecord(tensor)) throw new DeltawasmError("type", `${where}: expected { shape, data }, got ${show(tensor)}`);
  const { shape: given = shape, data } = tensor as unknown as TensorInput;
  const expected = `[${shape.join(", ")}], ${sizeOf(shape)} numbers`;
  if (!Array.isArray(given)) throw new DeltawasmError("type", `${where}.shape: expected [${shape.join(", ")}], got ${show(given)}`);
  if (!ArrayBuffer.isView(data) && !Array.isArray(data)) {
    throw new DeltawasmError("type", `${where}.data: expected an array of ${sizeOf(shape)} numbers, got ${show(data)}`);
  }
  const { length } = data;
  if (given.length !== shape.length || shape.some((size, axis) => size !== given[axis]) || length !== sizeOf(shape)) {
    throw new DeltawasmError("shape", `${where}: expected ${expected}, got [${given.slice(0, 8).map(show).join(", ")}], ${show(length)} numbers`);
  }
  const copy = newFloats(length);
  for (let n = 0; n < length; n++) {
    const value: unknown = data[n];
    if (typeof value !== "number") throw new DeltawasmError("type", `${where}.data: expected a number, got ${show(value)} at ${n}`);
    copy[n] = value;
    if (!Number.isFinite(copy[n])) {
      const reason = Number.isFinite(value) ? `${value}, which is beyond a 32-bit float,` : String(value);
      throw new DeltawasmError("nonFinite", `${where}.data: expected finite numbers, got ${reason} at ${n}`);
    }
    if (value < least) throw new DeltawasmError("range", `${where}.data: expected numbers from ${least} on, got ${value} at ${n}`);
  }
  return copy;
}
