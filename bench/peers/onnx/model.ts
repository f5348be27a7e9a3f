import { createRequire } from "node:module";
import type { onnx as Onnx } from "onnx-proto";

const require = createRequire(import.meta.url);

type Attribute = number | readonly number[] | { float: number } | Onnx.IGraphProto;

/** A dimension of a matrix. */
export type Shape = readonly number[];

/** A graph of ONNX operations in the making. Values are known by their names. */
export class GraphBuilder {
  readonly #nodes: Onnx.INodeProto[] = [];
  readonly #initializers: Onnx.ITensorProto[] = [];
  readonly #inputs: Onnx.IValueInfoProto[] = [];
  readonly #outputs: Onnx.IValueInfoProto[] = [];
  readonly #constants = new Map<number, string>();
  readonly #integers = new Set<string>();
  #count = 0;

  constructor(readonly onnx: typeof Onnx) {}

  input(name: string, shape: Shape): string {
    this.#inputs.push(this.#valueInfo(name, shape));
    return name;
  }

  output(name: string, shape: Shape): void {
    this.#outputs.push(this.#valueInfo(name, shape));
  }

  /** A value that is part of the graph. */
  initializer(name: string, shape: Shape, values: Float32Array): string {
    const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
    this.#initializers.push({ name, dims: [...shape], dataType: this.onnx.TensorProto.DataType.FLOAT, rawData });
    return name;
  }

  /** A number. */
  constant(value: number): string {
    let name = this.#constants.get(value);
    if (name === undefined) {
      name = this.initializer(`constant${this.#constants.size}`, [], Float32Array.of(value));
      this.#constants.set(value, name);
    }
    return name;
  }

  /** Whole numbers that are part of the graph: sizes, places, axes. */
  integers(values: readonly number[]): string {
    const name = `integers_${values.join("_")}`;
    if (!this.#integers.has(name)) {
      const rawData = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
      this.#initializers.push({ name, dims: [values.length], dataType: this.onnx.TensorProto.DataType.INT64, rawData });
      this.#integers.add(name);
    }
    return name;
  }

  /** An operation with one result, or with those named. */
  op(opType: string, input: readonly string[], attributes: Record<string, Attribute> = {}, output?: readonly string[]): string {
    const names = output ?? [`${opType}${this.#count++}`];
    this.#nodes.push({
      opType, input: [...input], output: [...names], name: names[0],
      attribute: Object.entries(attributes).map(([name, value]) => this.#attribute(name, value)),
    });
    return names[0];
  }

  graph(name: string): Onnx.IGraphProto {
    return { name, node: this.#nodes, initializer: this.#initializers, input: this.#inputs, output: this.#outputs };
  }

  /** The bytes of a model of this graph. */
  model(): Uint8Array {
    const { ModelProto } = this.onnx;
    return ModelProto.encode({ irVersion: 8, opsetImport: [{ domain: "", version: 17 }], graph: this.graph("main") }).finish();
  }

  #valueInfo(name: string, shape: Shape): Onnx.IValueInfoProto {
    const elemType = this.onnx.TensorProto.DataType.FLOAT;
    return { name, type: { tensorType: { elemType, shape: { dim: shape.map((dimValue) => ({ dimValue })) } } } };
  }

  #attribute(name: string, value: Attribute): Onnx.IAttributeProto {
    const { AttributeType } = this.onnx.AttributeProto;
    if (typeof value === "number") return { name, type: AttributeType.INT, i: value };
    if (isList(value)) return { name, type: AttributeType.INTS, ints: [...value] };
    if ("float" in value) return { name, type: AttributeType.FLOAT, f: value.float };
    return { name, type: AttributeType.GRAPH, g: value };
  }
}

/** `Array.isArray`, which knows nothing of arrays that are only read. */
const isList = (value: Attribute): value is readonly number[] => Array.isArray(value);

/** Loaded when it is needed. */
export const loadOnnx = () => (require("onnx-proto") as { onnx: typeof Onnx }).onnx;
