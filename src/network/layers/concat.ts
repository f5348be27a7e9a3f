import { Copy, Op } from "../../../assembly/records";
import { checkOptions } from "../../core/check";
import { asPoints } from "../../plan/arrange";
import { record, shared, work } from "../../plan/record";
import { checkSameShapes, matrixOf, withCols } from "../shape";
import { layerKeys, type LayerOptions, type LayerType } from "./layer";

/** Branches side by side as plain data. */
export interface ConcatSpec extends LayerOptions {
  /** Which layer it is. */
  type: "concat";
}

/**
 * What several layers give, side by side: the channels of images, the features of vectors and sequences. In `graph` write
 * `concat(a, b)`; in plain data `{ type: "concat", from: [1, 3] }`.
 */
export const concatLayer: LayerType<ConcatSpec> = {
  arity: "many",
  check(where, spec) {
    checkOptions(where, spec, layerKeys());
  },
  shape(where, _spec, inputs) {
    checkSameShapes(`${where}.from`, inputs, (shape) => withCols(shape, 1));
    return withCols(inputs[0], inputs.reduce((sum, shape) => sum + matrixOf(shape).cols, 0));
  },
  parameters: () => [],
  compile(_spec, { builder, inputs, inputShapes, outputShape, trains }) {
    const { points, cols } = matrixOf(outputShape);
    const parts = inputs.map((x, n) => asPoints(builder, x, inputShapes[n]));
    const y = builder.tensor(cols, trains, points);
    const copy = (to: number, ldTo: number, from: number, ldFrom: number, width: number) => (
      shared(work.pass(builder.capacity * points * width), record(Op.Copy, Copy, {
        y: to, rowY: ldTo, ldy: ldTo, x: from, rowX: ldFrom, ldx: ldFrom, inner: 1, cols: width,
      }, points))
    );
    let column = 0;
    for (const x of parts) {
      const at = column * 4;
      builder.forward.push(copy(y.address + at, y.ld, x.address, x.ld, x.cols));
      if (x.gradient) builder.emitBackward([copy(x.gradient, x.ld, y.gradient + at, y.ld, x.cols)]);
      column += x.cols;
    }
    return y;
  },
};
