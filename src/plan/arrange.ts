import { Copy, Op, ToChannelsFirst, ToChannelsLast } from "../../assembly/records";
import type { PlanBuilder, Tensor } from "./builder";
import { record, shared, work } from "./record";

// A row of an image or a sequence has two forms. Flat, it is one row of numbers in the order that users see: channel after channel of an
// image, position after position of a sequence. As points, it is a matrix whose rows are pixels or positions, and whose columns are
// channels or features: each padded to whole panels, so that a kernel for plain vectors serves as well.

/** The shape of a row: [features], [length, features] or [channels, height, width]. */
type Shape = readonly number[];

/** The tensor in its flat form, converted if need be. */
export function flat(builder: PlanBuilder, x: Tensor, shape: Shape): Tensor {
  if (shape.length === 1 || isFlat(x, shape)) return x;
  const y = builder.tensor(x.points * x.cols, x.gradient !== 0);
  convert(builder, x, y, shape, false);
  return y;
}

/** The tensor as points, converted if need be. */
export function asPoints(builder: PlanBuilder, x: Tensor, shape: Shape): Tensor {
  if (shape.length === 1 || !isFlat(x, shape)) return x;
  const points = shape.length === 3 ? shape[1] * shape[2] : shape[0];
  const y = builder.tensor(x.cols / points, x.gradient !== 0, points);
  convert(builder, y, x, shape, true);
  return y;
}

/** Whether a tensor of a sequence or an image is in its flat form. An image of one pixel and a sequence of one position are so at once. */
function isFlat(x: Tensor, shape: Shape): boolean {
  return x.points === 1 && x.cols === shape.reduce((product, size) => product * size, 1);
}

/** Emits points → flat, or the other way where `toPoints`, and the same for the gradient in the opposite direction. */
function convert(builder: PlanBuilder, matrix: Tensor, row: Tensor, shape: Shape, toPoints: boolean): void {
  const { points, cols } = matrix;
  const effort = work.pass(builder.capacity * points * cols);
  const between = (matrixAddress: number, rowAddress: number, intoPoints: boolean) => {
    if (shape.length === 2) {
      const ofMatrix = { at: matrixAddress, row: points * matrix.ld, ld: matrix.ld };
      const ofRow = { at: rowAddress, row: row.ld, ld: cols };
      const [to, from] = intoPoints ? [ofMatrix, ofRow] : [ofRow, ofMatrix];
      return shared(effort, record(Op.Copy, Copy, {
        y: to.at, rowY: to.row, ldy: to.ld, x: from.at, rowX: from.row, ldx: from.ld, inner: points, cols,
      }));
    }
    return shared(effort, intoPoints
      ? record(Op.ToChannelsLast, ToChannelsLast, { y: matrixAddress, ldy: matrix.ld, x: rowAddress, ldx: row.ld, channels: cols, points })
      : record(Op.ToChannelsFirst, ToChannelsFirst, { y: rowAddress, ldy: row.ld, x: matrixAddress, ldx: matrix.ld, channels: cols, points }));
  };
  builder.forward.push(between(matrix.address, row.address, toPoints));
  if (builder.training && matrix.gradient && row.gradient) {
    builder.emitBackward([between(matrix.gradient, row.gradient, !toPoints)]);
  }
}
