import { currentEngine } from "../../src/core/init";
import { init } from "../../src/index";
import { ceilingCases } from "../ceiling";
import { convCase, convParts } from "../conv";
import { gemmCase, gemmShapes } from "../gemm";
import { type Case, type Effort, measure, type Row } from "../measure";
import { trainingCases } from "../networks";
import { inferenceCase, trainingCase } from "../training";

/** A case by its name, to be made in any engine. */
export interface Description extends Pick<Row, "case" | "threads"> {
  effort: Effort;
}

/** Seconds of a run, and runs of a visit. */
const efforts = { loop: { seconds: 0.03, runs: 2 }, product: { seconds: 0.05, runs: 3 }, training: { seconds: 0.12, runs: 3 } };

const loops = ceilingCases();
const loopName = (loop: Case) => `loop-${loop.case}`;
/** What is too small for a team is the same with one. */
const isForTeams = ({ sizes, batchSize }: (typeof trainingCases)[number]) => sizes[0] === 784 && batchSize > 1;

/** All that is measured. */
export function descriptions(): Description[] {
  return [
    ...loops.map((loop) => ({ case: loopName(loop), threads: 1, effort: efforts.loop })),
    ...[...gemmShapes, ...convParts].map(({ name }) => ({ case: name, threads: 1, effort: efforts.product })),
    ...trainingCases.map(({ name }) => ({ case: name, threads: 1, effort: efforts.training })),
    { case: "infer-784-128-10-b1", threads: 1, effort: efforts.training },
    ...trainingCases.filter(isForTeams).map(({ name }) => ({ case: name, threads: 2, effort: efforts.training })),
  ];
}

async function make({ case: name, threads }: Description): Promise<Case> {
  const loop = loops.find((one) => loopName(one) === name);
  if (loop) return loop;
  await init({ engine: "wasm", threads });
  const shape = gemmShapes.find((one) => one.name === name);
  if (shape) return gemmCase(await currentEngine(0), name, shape.product, shape.m, shape.n, shape.k);
  const part = convParts.find((one) => one.name === name);
  if (part) return convCase(await currentEngine(0), part.shape, part.part);
  const training = trainingCases.find((one) => one.name === name);
  return training ? trainingCase(training) : inferenceCase();
}

let current: { key: string; made: Case } | undefined;

/** One visit: some runs of a case, which stays until another one comes. */
export async function visit(description: Description): Promise<{ unit: Row["unit"]; values: number[] }> {
  const key = `${description.case} ${description.threads}`;
  if (current?.key !== key) {
    current?.made.end?.();
    current = undefined;
    current = { key, made: await make(description) };
  }
  const { made } = current;
  return { unit: made.unit, values: (await measure([made], description.effort)).get(made)! };
}
