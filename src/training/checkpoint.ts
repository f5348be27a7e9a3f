import { State } from "../../assembly/records";
import { checkBoolean, checkInteger, checkNumber, checkOptions, isRecord } from "../core/check";
import { DeltawasmError } from "../core/errors";
import { show } from "../core/show";
import type { TensorToWrite } from "../formats/safetensors";
import { asFileErrors, type NetworkFile, TRAINER, writeNetworkFile } from "../network/file";
import type { Parameter } from "../network/graph";
import type { Network } from "../network/network";
import { readParameter, writeParameter } from "../network/parameters";
import { readTensors } from "../network/tensors";
import type { EarlyStoppingState } from "./earlyStopping";
import type { PlateauState } from "./plateau";
import type { Run } from "./run";
import type { TrainerCore } from "./trainerCore";
import type { TrainerOptions } from "./trainerOptions";

// A trainer's file is its network's, with the vectors that the optimizer keeps of the parameters, the parameters of the best epoch where
// early stopping keeps them, and all else as text in the metadata.
const slotPrefix = (slot: number) => `optimizer.${slot + 1}.`;
const BEST_PREFIX = "best.";
/** Characters of the text: a weight for each of a million classes has less. Parsed, it takes many times its size. */
const LONGEST = 2 ** 25;

/** The 64-bit numbers of the state block that training goes on from. */
const NUMBERS = ["step", "pass", "beta1Power", "beta2Power"] as const;

/** What the metadata hold. */
interface TrainerState {
  options: TrainerOptions;
  numbers: Record<(typeof NUMBERS)[number], number>;
  baseRate: number;
  epoch: number;
  plateau: PlateauState | null;
  run: Run | null;
}

/** The file of a trainer. */
export function saveTrainer(core: TrainerCore, options: TrainerOptions): Uint8Array<ArrayBuffer> {
  const { network, state, setup, best } = core;
  // In a page this thread goes on while others train; by now they have done their slice.
  if (core.isInSlice) core.countSlice();
  const tensors: Record<string, TensorToWrite> = { ...network.parameters() };
  const addTensor = (name: string, tensor: TensorToWrite) => {
    if (name in tensors) throw new DeltawasmError("conflict", `network: a parameter is named ${show(name)}, as the trainer's file names what it adds; give the layer another name`);
    tensors[name] = tensor;
  };
  setup.slots.forEach((slot, n) => {
    if (slot === 0) return;
    for (const [name, tensor] of Object.entries(network.readTrained(slot))) addTensor(slotPrefix(n) + name, tensor);
  });
  if (best) {
    for (const parameter of network.graph.parameters) {
      addTensor(BEST_PREFIX + parameter.name, { shape: parameter.shape, data: readParameter({ f: best }, 0, parameter) });
    }
  }
  const text: TrainerState = {
    options,
    numbers: Object.fromEntries(NUMBERS.map((name) => [name, state.get(State[name])])) as TrainerState["numbers"],
    baseRate: core.baseRate,
    epoch: core.epoch,
    plateau: core.plateau ?? null,
    run: core.run ?? null,
  };
  return writeNetworkFile(network.spec, tensors, network.metadata, JSON.stringify(text));
}

/** What the metadata of a trainer's file say, checked but for the options. @throws DeltawasmError file */
export function readTrainerState({ file }: NetworkFile): TrainerState {
  const text = file.metadata.get(TRAINER);
  if (text === undefined) {
    throw new DeltawasmError("file", `file: its metadata has no ${TRAINER}: it holds a network, but no trainer; read it with Network.load, and make a Trainer for it`);
  }
  return asFileErrors(() => checkState(parse(text)));
}

function parse(text: string): unknown {
  if (text.length > LONGEST) throw new DeltawasmError("file", `its ${TRAINER} has ${text.length} characters, and ${LONGEST} are allowed`);
  try {
    return JSON.parse(text);
  } catch {
    throw new DeltawasmError("file", `its ${TRAINER} is not JSON; save the trainer again`);
  }
}

function checkState(given: unknown): TrainerState {
  const state = checkOptions(TRAINER, given, ["options", "numbers", "baseRate", "epoch", "plateau", "run"]);
  const numbers = checkOptions(`${TRAINER}.numbers`, state.numbers, NUMBERS);
  checkInteger(`${TRAINER}.numbers.step`, numbers.step, 0);
  checkInteger(`${TRAINER}.numbers.pass`, numbers.pass, 0);
  for (const name of ["beta1Power", "beta2Power"] as const) checkNumber(`${TRAINER}.numbers.${name}`, numbers[name], { min: 0, max: 1 });
  return {
    options: state.options as TrainerOptions,
    numbers: numbers as TrainerState["numbers"],
    baseRate: checkNumber(`${TRAINER}.baseRate`, state.baseRate, { above: 0, max: 1e6 }),
    epoch: checkInteger(`${TRAINER}.epoch`, state.epoch, 0),
    plateau: state.plateau === null ? null : checkPlateau(`${TRAINER}.plateau`, state.plateau),
    run: state.run === null ? null : checkRun(`${TRAINER}.run`, state.run),
  };
}

function checkBest(where: string, best: unknown): number | null {
  return best === null ? null : checkNumber(where, best);
}

function checkPlateau(where: string, given: unknown): PlateauState {
  const { best, wait, cooldown, factor } = checkOptions(where, given, ["best", "wait", "cooldown", "factor"]);
  return {
    best: checkBest(`${where}.best`, best),
    wait: checkInteger(`${where}.wait`, wait, 0),
    cooldown: checkInteger(`${where}.cooldown`, cooldown, 0),
    factor: checkNumber(`${where}.factor`, factor, { min: 0, max: 1 }),
  };
}

function checkStopping(where: string, given: unknown): EarlyStoppingState {
  const { best, bestEpoch, wait } = checkOptions(where, given, ["best", "bestEpoch", "wait"]);
  return { best: checkBest(`${where}.best`, best), bestEpoch: checkInteger(`${where}.bestEpoch`, bestEpoch, 0), wait: checkInteger(`${where}.wait`, wait, 0) };
}

function checkRun(where: string, given: unknown): Run {
  const integers = { epoch: 0, cursor: 0, rows: 1, batchSize: 1, accumulate: 1 };
  const flags = ["isTrained", "isStreamed", "shuffle"];
  const run = checkOptions(where, given, [...Object.keys(integers), ...flags, "lossSum", "lossRows", "learningRate", "stopping"]);
  for (const [name, least] of Object.entries(integers)) checkInteger(`${where}.${name}`, run[name], least);
  for (const name of flags) checkBoolean(`${where}.${name}`, run[name]);
  checkNumber(`${where}.lossSum`, run.lossSum);
  checkNumber(`${where}.lossRows`, run.lossRows, { min: 0 });
  checkNumber(`${where}.learningRate`, run.learningRate, { min: 0 });
  checkCursor(`${where}.cursor`, run as unknown as Run);
  return { ...run, stopping: run.stopping === null ? null : checkStopping(`${where}.stopping`, run.stopping) } as Run;
}

/** Throws unless it is where updates end: after so many batches, or after all rows, which of a stream nobody knows. @throws DeltawasmError range */
function checkCursor(where: string, { cursor, rows, isStreamed, batchSize, accumulate, isTrained }: Run): void {
  if (isStreamed || cursor === rows || (cursor < rows && cursor % (batchSize * accumulate) === 0 && !isTrained)) return;
  const expected = isTrained ? String(rows) : `${rows}, or less and a multiple of ${batchSize * accumulate}`;
  throw new DeltawasmError("range", `${where}: expected ${expected}, got ${cursor}`);
}

/** A trainer that goes on where the saved one was. @throws DeltawasmError file, memory */
export function restoreTrainer<Trainer>(
  network: Network, { file, graph }: NetworkFile, saved: TrainerState, create: (options: TrainerOptions) => { trainer: Trainer; core: TrainerCore },
): Trainer {
  return asFileErrors(() => {
    if (!isRecord(saved.options)) throw new DeltawasmError("file", `${TRAINER}.options: expected an object, got ${show(saved.options)}`);
    const { trainer, core } = create(saved.options);
    const { heap } = network.engine;
    const trained = graph.parameters.filter(({ role }) => role !== "buffer");
    core.setup.slots.forEach((slot, n) => {
      if (slot === 0) return;
      for (const [parameter, data] of tensorsOf(file, graph, trained, slotPrefix(n))) writeParameter(heap, slot, parameter, data);
    });
    for (const name of NUMBERS) core.state.set(State[name], saved.numbers[name]);
    core.epoch = saved.epoch;
    if (saved.plateau && core.schedule?.plateau) core.plateau = saved.plateau;
    core.run = saved.run ?? undefined;
    if (file.tensors.has(BEST_PREFIX + graph.parameters[0].name)) {
      const best = new Float32Array(graph.total);
      for (const [parameter, data] of tensorsOf(file, graph, graph.parameters, BEST_PREFIX)) writeParameter({ f: best }, 0, parameter, data);
      core.best = best;
    }
    core.baseRate = saved.baseRate;
    return trainer;
  });
}

/** The tensors of parameters under a prefix, all of them. @throws DeltawasmError file, type, shape, nonFinite */
function tensorsOf(file: NetworkFile["file"], graph: NetworkFile["graph"], parameters: readonly Parameter[], prefix: string): Map<Parameter, Float32Array> {
  const given = Object.fromEntries(parameters.map(({ name }) => {
    const tensor = file.tensors.get(prefix + name);
    if (!tensor) throw new DeltawasmError("file", `the tensor ${show(prefix + name)} is missing: the file is not whole; save the trainer again`);
    if (!tensor.isFloat) throw new DeltawasmError("file", `the tensor ${show(prefix + name)}: expected F32, got ${tensor.dtype}`);
    return [name, { shape: tensor.shape, get data() { return tensor.floats(); } }];
  }));
  return readTensors(prefix, graph, given);
}
