import { MaxPieces, MaxPiecesBackward, Op } from "../../../assembly/records";
import { checkBoolean, checkInteger, checkOptions } from "../../core/check";
import { DeltawasmError } from "../../core/errors";
import { asPoints } from "../../plan/arrange";
import { record, shared, work } from "../../plan/record";
import type { Initializer } from "../initialisers";
import { matrixOf, withCols } from "../shape";
import { checkDenseInput, compileDense, denseParameters } from "./dense";
import { checkInitializer } from "./initializerOption";
import { layerKeys, type LayerOptions, type LayerType } from "./layer";

/** Options of `maxout`. */
export interface MaxoutOptions extends LayerOptions {
  /**
   * How the weights start. Default lecunUniform: the larger of two independent normal numbers has the mean square of one, so signals keep
   * their size through layers of two pieces, as with He's through a relu.
   */
  initializer?: Initializer;
  /** Whether there is a bias for each piece. Default true. */
  bias?: boolean;
  /** How the biases start. Default zeros. */
  biasInitializer?: Initializer;
}

/** A maxout layer as plain data. */
export type MaxoutSpec = {
  /** Which layer it is. */
  type: "maxout";
  /** Outputs, from 1 on; units times pieces at most 1,048,576. */
  units: number;
  /** Linear functions of which each output is the largest, from 2 on. */
  pieces: number;
} & MaxoutOptions;

/**
 * Each output is the largest of `pieces` linear functions of the inputs: it learns its own activation (Goodfellow et al., ICML 2013). Of a sequence
 * [length, features] it takes each position for itself. The first of the largest pieces gets the gradient.
 *
 * Parameters: `weight` [pieces · units, inputs] and `bias` [pieces · units]; piece p of output u is row p · units + u. In PyTorch:
 * `linear(x).view(-1, pieces, units).max(1).values`.
 *
 * @param units outputs of the layer, from 1 on
 * @param pieces linear functions for each, from 2 on; units times pieces at most 1,048,576
 *
 * @example Network.create({ input: 784, layers: [maxout(64, 3), dropout(0.5), dense(10, "softmax")] })
 */
export function maxout(units: number, pieces: number, options: MaxoutOptions = {}): MaxoutSpec {
  return { type: "maxout", units, pieces, ...options };
}

const LARGEST = 2 ** 20;

export const maxoutLayer: LayerType<MaxoutSpec> = {
  check(where, spec) {
    checkOptions(where, spec, layerKeys("units", "pieces", "initializer", "bias", "biasInitializer"));
    const { units, pieces } = spec;
    checkInteger(`${where}.units`, units, 1, LARGEST);
    checkInteger(`${where}.pieces`, pieces, 2, LARGEST);
    if (units * pieces > LARGEST) {
      throw new DeltawasmError("range", `${where}: expected units · pieces of at most ${LARGEST}, got ${units} · ${pieces}`);
    }
    if (spec.bias !== undefined) checkBoolean(`${where}.bias`, spec.bias);
    if (spec.initializer !== undefined) checkInitializer(`${where}.initializer`, spec.initializer);
    if (spec.biasInitializer !== undefined) checkInitializer(`${where}.biasInitializer`, spec.biasInitializer);
  },

  shape(where, { units }, [input]) {
    checkDenseInput(where, input);
    return withCols(input, units);
  },

  parameters({ units, pieces, initializer = "lecunUniform", bias = true, biasInitializer = "zeros" }, [input]) {
    return denseParameters(pieces * units, matrixOf(input).cols, initializer, bias ? biasInitializer : undefined);
  },

  compile({ units, pieces }, { builder, x, inputShapes: [input], parameters, trains }) {
    const z = compileDense(builder, asPoints(builder, x, input), pieces * units, parameters, trains);
    const { points } = z;
    const y = builder.tensor(units, trains, points);
    const index = z.gradient ? builder.reserve(builder.capacity * points * y.ld * 4) : 0;
    const effort = work.pass(builder.capacity * points * z.cols);
    builder.forward.push(shared(effort, record(Op.MaxPieces, MaxPieces, {
      y: y.address, ldy: y.ld, index, z: z.address, ldz: z.ld, units, pieces,
    }, points)));
    if (z.gradient) {
      builder.emitBackward([shared(effort, record(Op.MaxPiecesBackward, MaxPiecesBackward, {
        dz: z.gradient, lddz: z.ld, dy: y.gradient, lddy: y.ld, index, units, pieces,
      }, points))]);
    }
    return y;
  },
};
