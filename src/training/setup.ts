import { State, STATE_LENGTH } from "../../assembly/records";
import type { Graph, GraphNode } from "../network/graph";
import type { Network } from "../network/network";
import type { ResolvedLoss } from "./losses";
import type { ResolvedOptimizer } from "./optimizers";
import type { ResolvedTrainerOptions } from "./trainerOptions";

/** What decides the operations of a trainer, and where its lasting memory is. */
export interface TrainingSetup {
  /** State, optimizer slots and gradients, in this order. */
  block: number;
  bytes: number;
  /** Of these, what training goes on from: all but the gradients. */
  lasting: number;
  loss: ResolvedLoss;
  optimizer: ResolvedOptimizer;
  /** Whether weights take a penalty. */
  penalises: boolean;
  clipsValue: boolean;
  clipsNorm: boolean;
  /** Whether the weights of a unit have a largest norm. */
  limitsNorm: boolean;
  /** Whether the learning rate is another in each step. */
  hasRates: boolean;
  /** The parts of the network whose parameters stay as they are. */
  frozen: ReadonlySet<GraphNode>;
  /** Addresses of the flat vectors. */
  gradients: number;
  slots: readonly [number, number];
}

/** The lasting memory of a trainer, laid out from `block` on. */
export function layOutSetup({ length }: Graph, options: ResolvedTrainerOptions, block: number): TrainingSetup {
  const { loss, optimizer, l1, l2, clipValue, clipNorm, maxNorm, schedule, frozen } = options;
  const stateBytes = Math.ceil((STATE_LENGTH * 8) / 64) * 64;
  const vector = length * 4;
  const slot = (n: number) => (n < optimizer.slots ? block + stateBytes + n * vector : 0);
  const lasting = stateBytes + vector * optimizer.slots;
  return {
    block, bytes: lasting + vector, lasting, loss, optimizer, penalises: l1 > 0 || l2 > 0, clipsValue: clipValue > 0, clipsNorm: clipNorm > 0,
    limitsNorm: maxNorm > 0, hasRates: schedule?.per === "step", frozen,
    gradients: block + lasting, slots: [slot(0), slot(1)],
  };
}

/** Allocates the lasting memory of a trainer, and writes its hyperparameters. @throws DeltawasmError memory */
export function createSetup(network: Network, options: ResolvedTrainerOptions): TrainingSetup {
  const { l1, l2, clipValue, clipNorm, maxNorm, optimizer } = options;
  const setup = layOutSetup(network.graph, options, network.allocate(layOutSetup(network.graph, options, 0).bytes));
  const { d } = network.engine.heap;
  const values = { l1, l2, clipValue, clipNorm, maxNorm, beta1Power: 1, beta2Power: 1 };
  for (const [name, value] of Object.entries(values)) d[setup.block / 8 + State[name as keyof typeof values]] = value;
  for (const { field, value } of optimizer.hyperparameters) d[setup.block / 8 + field] = value;
  return setup;
}
