import { Add, Copy, Op } from "../../../assembly/records";
import { checkOptions } from "../../core/check";
import { asPoints } from "../../plan/arrange";
import type { PlanBuilder, Tensor } from "../../plan/builder";
import { record, shared, work } from "../../plan/record";
import { checkSameShapes } from "../shape";
import { layerKeys, type LayerOptions, type LayerType } from "./layer";

/** A sum of branches as plain data. */
export interface AddSpec extends LayerOptions {
  /** Which layer it is. */
  type: "add";
}

/**
 * The sum of what several layers give, all of one shape: where branches meet. In `graph` write `add(a, b)`; in plain data
 * `{ type: "add", from: [1, 3] }`.
 */
export const addLayer: LayerType<AddSpec> = {
  arity: "many",
  check(where, spec) {
    checkOptions(where, spec, layerKeys());
  },
  shape(where, _spec, inputs) {
    checkSameShapes(`${where}.from`, inputs, (shape) => shape);
    return inputs[0];
  },
  parameters: () => [],
  compile(_spec, { builder, inputs, inputShapes, trains }) {
    const [first, ...others] = inputs.map((x) => asPoints(builder, x, inputShapes[0]));
    // The gradient of the first is that of the sum, so both have one place; and so have their contents where nobody needs the first's.
    const inPlace = !first.saved && (first.gradient !== 0 || !trains);
    const y = inPlace ? first : sumTensor(builder, first, trains);
    const effort = work.pass(builder.capacity * y.points * y.cols);
    const shape = { cols: y.cols, ldy: y.ld, ldx: y.ld };
    const copy = (to: number, from: number) => shared(effort, record(Op.Copy, Copy, {
      ...shape, y: to, rowY: y.ld, x: from, rowX: y.ld, inner: 1,
    }, y.points));
    if (!inPlace) builder.forward.push(copy(y.address, first.address));
    for (const x of others) builder.forward.push(shared(effort, record(Op.Add, Add, { ...shape, y: y.address, x: x.address }, y.points)));
    if (y.gradient) builder.emitBackward(others.filter((x) => x.gradient).map((x) => copy(x.gradient, y.gradient)));
    return y;
  },
};

function sumTensor(builder: PlanBuilder, first: Tensor, trains: boolean): Tensor {
  const y = builder.tensor(first.cols, trains && first.gradient === 0, first.points);
  return first.gradient ? { ...y, gradient: first.gradient } : y;
}
