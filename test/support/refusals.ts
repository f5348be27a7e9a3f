import { expect } from "vitest";
import { adam, DeltawasmError, dense, type ErrorCode, Network, type NetworkSpec, Trainer } from "../../src/index";

export const spec = { input: 3, layers: [dense(5, "tanh"), dense(3, "softmax")], seed: 11 } satisfies NetworkSpec;
export const x = [[0.1, -0.4, 0.3], [1, 0.5, -0.2], [0, 0.9, 0.7], [-1, 0.2, 0.4]];
export const y = [0, 2, 1, 2];

/** A classifier in the middle of its training: its optimizer has a history that an error could spoil. */
export class Subject {
  readonly network: Network;
  readonly trainer: Trainer;

  private constructor(network: Network) {
    this.network = network;
    this.trainer = new Trainer(network, { loss: "crossEntropy", optimizer: adam({ learningRate: 0.02 }), l2: 1e-3 });
    for (let n = 0; n < 3; n++) this.trainer.step(x, y);
  }

  static async create(): Promise<Subject> {
    return new Subject(await Network.create(spec));
  }

  /** Steps, an epoch and their results: what any change of a parameter, of the optimizer or of the epoch would alter. */
  async trainOn(): Promise<unknown> {
    const losses = [this.trainer.step(x, y), this.trainer.step(x.slice(1), y.slice(1))];
    const { epochs } = await this.trainer.fit({ x, y }, { epochs: 2, batchSize: 3 });
    return {
      losses, epochs: epochs.map(({ loss }) => loss), steps: this.trainer.steps, predictions: this.network.predict(x),
      parameters: this.network.parameters(), memory: this.network.inspect().memory,
    };
  }

  dispose(): void {
    this.network.dispose();
  }
}

/** A call that must be refused. */
export interface Refusal<Target = Subject> {
  name: string;
  call: (target: Target) => unknown;
  code: ErrorCode;
  /** What the message must contain: the argument, and what came. */
  says: string | RegExp;
}

/** The error of a call that must fail with one of deltawasm's. */
export async function refused(call: () => unknown): Promise<DeltawasmError> {
  const outcome = await settle(call);
  expect(outcome, "the error").toBeInstanceOf(DeltawasmError);
  return outcome as DeltawasmError;
}

/** What a call throws or rejects with; a sentence where it does neither. */
async function settle(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  return "the call was not refused";
}

/** Expects a call to be refused as a table says. */
export async function expectRefusal<Target>({ call, code, says }: Refusal<Target>, target: Target): Promise<void> {
  const error = await refused(() => call(target));
  expect(error.message).toMatch(says);
  expect(error.code, error.message).toBe(code);
}

/** Expects a call to be refused, and a trainer that saw it to go on bit for bit as one that didn't. */
export async function expectHarmlessRefusal(refusal: Refusal): Promise<void> {
  const [subject, twin] = [await Subject.create(), await Subject.create()];
  await expectRefusal(refusal, subject);
  expect(await subject.trainOn()).toEqual(await twin.trainOn());
  subject.dispose();
  twin.dispose();
}
