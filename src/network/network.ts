import type { Build } from "../core/coreBytes";
import type { Engine } from "../core/engine";
import { DeltawasmError } from "../core/errors";
import { show } from "../core/show";
import { currentEngine } from "../core/init";
import { type LoadParametersOptions, type NetworkFile, readMetadata, readNetworkFile, readParameterFile, TRAINER_TENSORS, writeNetworkFile } from "./file";
import { buildGraph, type Graph, type NetworkSpec, type Parameter } from "./graph";
import { initialise } from "./initialise";
import { flushParameters, isUnflushed, readParameter } from "./parameters";
import { Predictor } from "./predictor";
import { readTensors, type TensorInput } from "./tensors";

/** A tensor of parameters or gradients, copied out of the network. */
export interface NamedTensor {
  /** [outputs, inputs] of a weight, [outputs] of a bias. */
  shape: readonly number[];
  /** Row by row. */
  data: Float32Array;
}

/** What a network runs on. */
export interface Inspection {
  /** "wasm": the WebAssembly core. "reference": the same operations in plain TypeScript. */
  engine: "wasm" | "reference";
  /** Which build of the core; "none" is the reference engine. */
  build: Build | "none";
  /** Whether it computes in registers of 256 bits. */
  wide: boolean;
  /** How many share the large operations of a step. */
  threads: number;
  /** Weights and biases. */
  parameters: number;
  /** Bytes that this network holds, its trainers included. */
  memory: number;
  /** Bytes of all networks of the core, and of the core's memory, which never shrinks but is used again. */
  core: { used: number; capacity: number };
  /** Why it is not more. */
  notes: string[];
}

/** Throws unless a user gave a network that can be used. @throws DeltawasmError type, disposed */
export function checkNetwork(network: unknown): void {
  if (!(network instanceof Network)) throw new DeltawasmError("type", `network: expected a Network, got ${show(network)}`);
  network.assertUsable();
}

/**
 * A neural network: layers, parameters and predictions. Train it with a `Trainer`.
 *
 * @example
 * const network = await Network.create({ input: 2, layers: [dense(4, "tanh"), dense(1, "sigmoid")], seed: 7 });
 * network.predict([[0, 1], [1, 1]]);   // Float32Array of 2 · 1
 */
export class Network extends Predictor {
  /** @internal */
  declare readonly engine: Engine;
  /** Whether a user wrote numbers that an operation would have flushed. */
  #isUnflushed = false;
  /** @internal Whether a trainer goes through epochs on it. */
  training = false;

  private constructor(graph: Graph, engine: Engine) {
    if (!(graph?.nodes)) throw new DeltawasmError("type", "Network: networks are made by await Network.create(spec), not by new");
    super(graph, engine);
  }

  /**
   * Makes a network with initial weights.
   *
   * @throws DeltawasmError `type`, `range`, `unknown`, `empty` for a wrong spec; `memory` where it doesn't fit; `engine`
   */
  static async create(spec: NetworkSpec): Promise<Network> {
    const graph = buildGraph(spec);
    return Network.#make(await currentEngine(graph.count), graph);
  }

  /** @internal */
  static createOn(engine: Engine, spec: NetworkSpec): Network {
    return Network.#make(engine, buildGraph(spec));
  }

  /** With initial weights, or with those that are given. */
  static #make(engine: Engine, graph: Graph, tensors?: ReadonlyMap<Parameter, Float32Array>): Network {
    const network = new Network(graph, engine);
    try {
      if (tensors) network.write(tensors);
      else initialise(engine, graph, network.parameterBlock, graph.spec.seed ?? 0);
    } catch (error) {
      network.dispose();
      throw error;
    }
    return network;
  }

  /**
   * Makes a network from what `save` gave, with the same bits in every parameter. The state of trainers is not in the file.
   *
   * @throws DeltawasmError `type` where `bytes` are no bytes; `file` for a damaged or foreign file; `memory` where the network
   * doesn't fit
   */
  static async load(bytes: Uint8Array | ArrayBuffer): Promise<Network> {
    return Network.fromFile(readNetworkFile(bytes, TRAINER_TENSORS));
  }

  /** @internal */
  static async fromFile({ graph, tensors, file }: NetworkFile): Promise<Network> {
    const network = Network.#make(await currentEngine(graph.count), graph, tensors);
    network.metadata = readMetadata(file);
    return network;
  }

  /**
   * The network as a safetensors file: its parameters as 32-bit floats, named and shaped as `parameters()` gives them, with the
   * spec and `metadata` in the file's metadata.
   *
   * @throws DeltawasmError `disposed`, `memory`; `type` for metadata that are no texts, `conflict` for a key of them that the format uses,
   * `range` where they are too long for a file
   */
  save(): Uint8Array<ArrayBuffer> {
    this.assertUsable();
    return writeNetworkFile(this.spec, this.parameters(), this.metadata);
  }

  /**
   * Copies of all parameters, named and shaped as PyTorch's state_dict of the same stack: `0.weight` [outputs, inputs], `0.bias`
   * [outputs].
   *
   * @throws DeltawasmError `disposed`, `memory`
   */
  parameters(): Record<string, NamedTensor> {
    return this.#readFlat(this.parameterBlock, () => true);
  }

  /**
   * Replaces parameters, all or some, by their names, as `parameters()` gives them. `data` has a tensor's numbers row by row; a
   * `shape`, where it is given, must be the tensor's.
   *
   * @throws DeltawasmError `unknown` for a name, `shape`, `type`, `nonFinite`, `range` (a negative variance), `disposed`, `memory`; nothing has changed then
   */
  setParameters(tensors: Record<string, TensorInput>): void {
    this.assertUsable();
    const checked = readTensors("parameters", this.graph, tensors);
    this.assertUsable();
    this.write(checked);
  }

  /**
   * Replaces all parameters by those of a safetensors file, by their names: one that `save` gave, or a state_dict of the same stack that
   * PyTorch saved with safetensors. 16- and 64-bit floats become 32-bit ones; `num_batches_tracked` and a trainer's state are left alone.
   *
   * @throws DeltawasmError `type` where `bytes` are no bytes or a tensor has no floats; `file` for a damaged file; `shape` where a
   * parameter is missing or has another shape; `unknown` for a tensor that is no parameter, unless options.strict is false; `nonFinite`,
   * `disposed`, `memory`; nothing has changed then
   *
   * @example network.loadParameters(await readFile("weights.safetensors"));
   */
  loadParameters(bytes: Uint8Array | ArrayBuffer, options?: LoadParametersOptions): void {
    this.assertUsable();
    const tensors = readParameterFile(bytes, this.graph, options);
    this.assertUsable();
    this.write(tensors);
  }

  /** Engine, threads, memory, and why not more. @throws DeltawasmError `disposed` */
  inspect(): Inspection {
    this.assertUsable();
    const { engine } = this;
    const lost = engine.team?.failure;
    return {
      engine: engine.kind,
      build: engine.build,
      wide: engine.wide,
      threads: engine.team && lost === undefined ? engine.team.size : 1,
      parameters: this.graph.count,
      memory: this.memory,
      core: { used: engine.heap.used, capacity: engine.heap.capacity },
      notes: lost === undefined ? [...engine.notes] : [...engine.notes, `one thread: another was lost (${lost})`],
    };
  }

  /** @internal What a flat vector laid out as the trained parameters holds, such as gradients, by name. */
  readTrained(block: number): Record<string, NamedTensor> {
    return this.#readFlat(block, ({ role }) => role !== "buffer");
  }

  #readFlat(block: number, isWanted: (parameter: Parameter) => boolean): Record<string, NamedTensor> {
    this.assertUsable();
    const wanted = this.graph.nodes.flatMap((node) => node.parameters).filter(isWanted);
    return Object.fromEntries(wanted.map((p) => [p.name, { shape: p.shape, data: readParameter(this.engine.heap, block, p) }]));
  }

  /** @internal For training: steps that skip zero inputs count on weights that are flushed, as those that a step wrote are. */
  flush(): void {
    if (this.#isUnflushed) flushParameters(this.engine.heap, this.parameterBlock, this.graph.total);
    this.#isUnflushed = false;
  }

  /** @internal */
  override write(tensors: ReadonlyMap<Parameter, Float32Array>): void {
    super.write(tensors);
    for (const data of tensors.values()) this.#isUnflushed ||= isUnflushed(data);
  }
}
