import { Loss, MeanLoss, Op, SumWeights, TakeBatch } from "../../assembly/records";
import type { Graph } from "../network/graph";
import { type PlanBuilder, rowStride, type Tensor } from "../plan/builder";
import { record, shared, work } from "../plan/record";
import type { ResolvedLoss } from "./losses";
import type { PlanForm } from "./planSlot";

// What training and evaluation have in common: where a batch lies, how it gets there, and its loss.

/** Where a batch lies. */
export interface Batch {
  x: Tensor;
  /** Targets: rows of numbers `ld` apart, or class indices one a row, with an `ld` of 0. */
  y: { address: number; ld: number };
  /** The address of a weight for each row; 0 where all weigh the same. */
  weights: number;
}

/** Room for a batch. */
export function reserveBatch(builder: PlanBuilder, graph: Graph, { areLabels, areWeighted }: PlanForm): Batch {
  const x = builder.input(graph.inputs);
  const ld = areLabels ? 1 : rowStride(graph.outputs);
  const y = { address: builder.reserve(builder.capacity * ld * 4), ld: areLabels ? 0 : ld };
  return { x, y, weights: areWeighted ? builder.reserve(builder.capacity * 4) : 0 };
}

/** Takes the next batch from a data block; `attach` says from which. */
export function takeRecords(builder: PlanBuilder, { x, y, weights }: Batch): Int32Array[] {
  const ldy = y.ld || 1;
  return [
    record(Op.NextBatch, {}, {}),
    shared(work.pass(builder.capacity * (x.ld + ldy)), record(Op.TakeBatch, TakeBatch, {
      x: x.address, ldx: x.ld, y: y.address, ldy, xData: 0, xStride: 0, yData: 0, yStride: 0, order: 0, weights, weightsData: 0,
    })),
  ];
}

/** The loss of the batch with its gradient and alone, and the addresses of the rows' losses and of the loss's parameter. */
export function lossRecords(builder: PlanBuilder, loss: ResolvedLoss, output: Tensor, { y, weights }: Batch) {
  const rowLoss = builder.reserve(builder.capacity * 4);
  const parameter = loss.parameter === 0 ? 0 : builder.constant(loss.parameter);
  const kind = loss.code;
  const mean = record(Op.MeanLoss, MeanLoss, { kind, cols: output.cols, rowLoss, weights });
  const rows = (da: number) => shared(work.functions(builder.capacity * output.cols), record(Op.Loss, Loss, {
    kind, da, a: output.address, y: y.address, cols: output.cols, ld: output.ld, ldy: y.ld, rowLoss, parameter, weights,
  }));
  const sum = weights ? [record(Op.SumWeights, SumWeights, { weights })] : [];
  return { records: [...sum, rows(output.gradient), mean], alone: [...sum, rows(0), mean], rowLoss, parameter };
}
