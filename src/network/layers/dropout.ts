import { DRAWN_ROOM, Dropout, DropoutBackward, Op } from "../../../assembly/records";
import { checkNumber, checkOptions } from "../../core/check";
import { splitSeed } from "../../core/seed";
import type { Tensor } from "../../plan/builder";
import { record, shared, work } from "../../plan/record";
import { type CompileContext, layerKeys, type LayerOptions, type LayerType } from "./layer";

/** Options of `dropout`. */
export type DropoutOptions = LayerOptions;

/** A dropout layer as plain data. */
export interface DropoutSpec extends DropoutOptions {
  /** Which layer it is. */
  type: "dropout";
  /** The share of numbers that it drops, from 0 to below 1. Default 0.5. */
  rate?: number;
}

/**
 * Dropout: while training each number is set to 0 with the probability `rate`, and to x / (1 − rate) otherwise, so that its mean stays
 * as it is; in predictions and evaluations nothing is done. Each number of an image or a sequence has its own chance, as in
 * `nn.Dropout`. What comes out has the shape of what goes in, whatever that is. Srivastava, Hinton, Krizhevsky, Sutskever,
 * Salakhutdinov, "Dropout", JMLR 15, 2014, in the form of section 10 (inverted). `Network.create` checks what it is given.
 *
 * The numbers are chosen by the network's seed, the layer and the count of batches trained on: the same training drops the same ones.
 *
 * @param rate the share that is dropped, from 0 (nothing is done) to below 1; default 0.5
 *
 * @example Network.create({ input: 784, layers: [dense(128, "relu"), dropout(0.2), dense(10, "softmax")] })
 */
export function dropout(rate = 0.5, options: DropoutOptions = {}): DropoutSpec {
  return { type: "dropout", rate, ...options };
}

export const dropoutLayer: LayerType<DropoutSpec> = {
  check(where, spec) {
    checkOptions(where, spec, layerKeys("rate"));
    checkRate(`${where}.rate`, spec.rate);
  },
  shape: (_where, _spec, [input]) => input,
  parameters: () => [],
  compile({ rate = 0.5 }, context) {
    return compileDropout(context, { rate, scale: 1 / (1 - rate), kept: 0, dropped: 0 });
  },
};

/** @throws DeltawasmError type, range */
export function checkRate(name: string, rate: unknown): void {
  if (rate !== undefined) checkNumber(name, rate, { min: 0, below: 1 });
}

/** The 32-bit word below which a number is dropped: a share of `rate` of all of them. */
function thresholdOf(rate: number): number {
  return Math.min(Math.round(rate * 2 ** 32), 2 ** 32 - 1);
}

/** What becomes of x: x · scale + kept, or `dropped` with the probability `rate`. */
interface Chance {
  rate: number;
  scale: number;
  kept: number;
  dropped: number;
}

/** Emits that, while training. In the place of x where nobody needs it later. */
export function compileDropout(context: CompileContext, { rate, scale, kept, dropped }: Chance): Tensor {
  const { builder, x, random } = context;
  if (!builder.training || rate === 0) return x;
  const y = x.saved ? likeness(context, x.gradient ? builder.reserve(bytesOf(context)) : 0) : x;
  const [seedLow, seedHigh] = splitSeed(random.seed);
  const [words] = builder.scratch(DRAWN_ROOM);
  const offset = (value: number) => (value === 0 ? 0 : builder.constant(value));
  const shape = { mask: builder.reserve(bytesOf(context)), cols: x.cols, ld: x.ld };
  const count = builder.capacity * x.points * x.cols;
  builder.forward.push(shared(work.functions(count), record(Op.Dropout, Dropout, {
    ...shape, y: y.address, x: x.address, threshold: thresholdOf(rate), scale: builder.constant(scale), kept: offset(kept),
    dropped: offset(dropped), seedLow, seedHigh, stream: random.stream, words,
  }, x.points)));
  if (x.gradient) {
    const backward = record(Op.DropoutBackward, DropoutBackward, { ...shape, dx: x.gradient, dy: y.gradient }, x.points);
    builder.emitBackward([shared(work.pass(count), backward)]);
  }
  return y;
}

/** A tensor as x, row for row and stride for stride, with such a gradient. */
export function likeness(context: CompileContext, gradient: number): Tensor {
  return { ...context.x, address: context.builder.reserve(bytesOf(context)), gradient, saved: false };
}

function bytesOf({ builder, x }: CompileContext): number {
  return builder.capacity * x.points * x.ld * 4;
}
