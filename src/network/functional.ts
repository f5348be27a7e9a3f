import { DeltawasmError } from "../core/errors";
import { show } from "../core/show";
import type { NetworkSpec } from "./graph";
import type { LayerSpec } from "./layers";

/** The output of a layer, or the network's input, on the way through `graph`. */
export class Branch {
  /** @internal */
  readonly layers: LayerSpec[];
  /** @internal The number of the layer, −1 of the input. */
  readonly index: number;

  /** @internal */
  constructor(layers: LayerSpec[], index: number) {
    this.layers = layers;
    this.index = index;
  }

  /** What layers, one after the other, make of it. It may be asked more than once: each time a new branch begins. */
  to(...layers: readonly LayerSpec[]): Branch {
    return layers.reduce<Branch>((branch, layer) => append([branch], layer), this);
  }
}

function append(branches: readonly Branch[], layer: LayerSpec): Branch {
  const { layers } = branches[0];
  layers.push({ ...layer, from: branches.map(({ index }) => index) });
  return new Branch(layers, layers.length - 1);
}

/**
 * A network with branches, as the plain data that `Network.create` takes: any directed acyclic graph of layers.
 *
 * @param input as in `NetworkSpec`
 * @param build gets the input, and returns the branch that is the output: the last layer that was made
 * @throws DeltawasmError `type`, `conflict`; and what `Network.create` throws for its layers, there
 *
 * @example
 * const spec = graph(8, (x) => {
 *   const wide = x.to(dense(32, "relu"));
 *   const deep = x.to(dense(16, "tanh"), dense(32, "tanh"));
 *   return add(wide, deep).to(dense(3, "softmax"));
 * }, { seed: 7 });
 */
export function graph(input: NetworkSpec["input"], build: (x: Branch) => Branch, options: { seed?: number } = {}): NetworkSpec {
  if (typeof build !== "function") throw new DeltawasmError("type", `build: expected a function, got ${show(build)}`);
  const layers: LayerSpec[] = [];
  const output = build(new Branch(layers, -1));
  checkBranches("build", [output], layers);
  if (output.index !== layers.length - 1) {
    throw new DeltawasmError("conflict", `build: expected it to return the last layer that it made, number ${layers.length - 1}, got ${output.index === -1 ? "the input" : `number ${output.index}`}`);
  }
  return { input, layers, ...options };
}

function checkBranches(name: string, branches: readonly unknown[], layers = (branches[0] as Branch | undefined)?.layers): void {
  for (const branch of branches) {
    if (!(branch instanceof Branch)) throw new DeltawasmError("type", `${name}: expected what graph's input gives by .to(layer), got ${show(branch)}`);
    if (branch.layers !== layers) throw new DeltawasmError("conflict", `${name}: expected branches of one graph, got those of two`);
  }
}

/** The sum of branches of one shape. @throws DeltawasmError `type`, `empty`, `conflict` */
export function add(...branches: readonly Branch[]): Branch {
  return join("add", branches);
}

/** Branches side by side: channels of images, features of vectors and sequences. @throws DeltawasmError `type`, `empty`, `conflict` */
export function concat(...branches: readonly Branch[]): Branch {
  return join("concat", branches);
}

function join(type: "add" | "concat", branches: readonly Branch[]): Branch {
  if (branches.length === 0) throw new DeltawasmError("empty", `${type}: expected at least one branch, got none`);
  checkBranches(type, branches);
  return append(branches, { type });
}
