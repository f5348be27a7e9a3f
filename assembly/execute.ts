import { activationBackward, activationForward } from "./activation";
import { denseForward } from "./gemm/forward";
import { denseInputGradient } from "./gemm/inputGradient";
import { denseUpdate, denseWeightGradient } from "./gemm/weightGradient";
import { clipValue, largest, norm, scale } from "./gradient";
import { lossRows } from "./loss";
import { advance, isPenalised, optimize } from "./optimizer";
import {
  ActivationBackward, ActivationForward, CheckGradient, ClipNorm, ClipValue, DenseForward, DenseInputGradient,
  DenseUpdate, DenseWeightGradient, LARGEST_GRADIENT, LARGEST_UPDATE, LARGEST_WEIGHT, Loss, LossKind, Op, Optimize, RECORD_WORDS,
  State, Stop, TakeBatch,
} from "./records";

// @ts-ignore: decorator
@inline
function word(record: usize, field: i32): i32 {
  return load<i32>(record + (<usize>field << 2));
}

/** A field that is an address, or a stride in bytes. */
// @ts-ignore: decorator
@inline
function address(record: usize, field: i32): usize {
  return load<u32>(record + (<usize>field << 2));
}

// @ts-ignore: decorator
@inline
function stride(record: usize, field: i32): usize {
  return <usize>load<u32>(record + (<usize>field << 2)) << 2;
}

/** The 64-bit constant that a field points at, 0 where it points at none. */
// @ts-ignore: decorator
@inline
function constant(record: usize, field: i32): f32 {
  const at = address(record, field);
  return at ? <f32>load<f64>(at) : 0;
}

// @ts-ignore: decorator
@inline
function get(state: usize, field: i32): f64 {
  return load<f64>(state + (<usize>field << 3));
}

// @ts-ignore: decorator
@inline
function set(state: usize, field: i32, value: f64): void {
  store<f64>(state + (<usize>field << 3), value);
}

/**
 * Walks `count` records `repeats` times; returns how many rounds were finished. A round that may not go on (its loss is not
 * finite, say) ends the run before anything was updated, with the reason in the state.
 */
export function run(state: usize, records: usize, count: i32, repeats: i32): i32 {
  const end = records + (<usize>count * RECORD_WORDS << 2);
  for (let round = 0; round < repeats; round++) {
    for (let r = records; r < end; r += RECORD_WORDS << 2) {
      if (!execute(r, state)) return round;
    }
  }
  return repeats;
}

function execute(r: usize, state: usize): bool {
  const rows = <i32>get(state, State.rows);
  switch (word(r, 0)) {
    case Op.TakeBatch: {
      takeBatch(r, state);
      return true;
    }
    case Op.DenseForward: {
      denseForward(
        address(r, DenseForward.z), stride(r, DenseForward.ldz), address(r, DenseForward.x), stride(r, DenseForward.ldx),
        address(r, DenseForward.w), address(r, DenseForward.bias), rows, word(r, DenseForward.inputs), word(r, DenseForward.outputs),
        address(r, DenseForward.pack),
      );
      return true;
    }
    case Op.ActivationForward: {
      activationForward(
        word(r, ActivationForward.kind), address(r, ActivationForward.a), address(r, ActivationForward.z), rows,
        word(r, ActivationForward.cols), stride(r, ActivationForward.ld), constant(r, ActivationForward.parameter),
      );
      return true;
    }
    case Op.Loss:
      return loss(r, state, rows);
    case Op.ActivationBackward: {
      activationBackward(
        word(r, ActivationBackward.kind), address(r, ActivationBackward.dz), address(r, ActivationBackward.da),
        address(r, ActivationBackward.saved), rows, word(r, ActivationBackward.cols), stride(r, ActivationBackward.ld),
        constant(r, ActivationBackward.parameter),
      );
      return true;
    }
    case Op.DenseWeightGradient: {
      denseWeightGradient(
        address(r, DenseWeightGradient.dw), address(r, DenseWeightGradient.dbias), address(r, DenseWeightGradient.x),
        stride(r, DenseWeightGradient.ldx), address(r, DenseWeightGradient.dz), stride(r, DenseWeightGradient.lddz), rows,
        word(r, DenseWeightGradient.inputs), word(r, DenseWeightGradient.outputs), address(r, DenseWeightGradient.pack),
      );
      return true;
    }
    case Op.DenseInputGradient: {
      denseInputGradient(
        address(r, DenseInputGradient.dx), stride(r, DenseInputGradient.lddx), address(r, DenseInputGradient.dz),
        stride(r, DenseInputGradient.lddz), address(r, DenseInputGradient.w), rows, word(r, DenseInputGradient.inputs),
        word(r, DenseInputGradient.outputs), address(r, DenseInputGradient.panel), address(r, DenseInputGradient.pack),
      );
      return true;
    }
    case Op.ClipValue: {
      clipValue(address(r, ClipValue.g), word(r, ClipValue.count), <f32>get(state, State.clipValue));
      return true;
    }
    case Op.ClipNorm: {
      const g = address(r, ClipNorm.g), count = word(r, ClipNorm.count);
      const size = norm(g, count), limit = get(state, State.clipNorm);
      set(state, State.gradientNorm, size);
      // The 1e-6 is PyTorch's (torch.nn.utils.clip_grad_norm_).
      const factor = limit / (size + 1e-6);
      if (factor < 1) scale(g, count, <f32>factor);
      return true;
    }
    case Op.CheckGradient: {
      const count = word(r, CheckGradient.count);
      const weight = <f64>largest(address(r, CheckGradient.w), count);
      const size = <f64>largest(address(r, CheckGradient.g), count) + get(state, State.l2) * weight + get(state, State.l1);
      const fits = size <= LARGEST_GRADIENT && size * get(state, State.learningRate) <= LARGEST_UPDATE;
      if (fits && weight <= LARGEST_WEIGHT) return true;
      set(state, State.stop, Stop.gradient);
      return false;
    }
    case Op.Advance: {
      advance(state);
      return true;
    }
    case Op.DenseUpdate: {
      denseUpdate(
        address(r, DenseUpdate.w), address(r, DenseUpdate.dbias), address(r, DenseUpdate.x), stride(r, DenseUpdate.ldx),
        address(r, DenseUpdate.dz), stride(r, DenseUpdate.lddz), rows, word(r, DenseUpdate.inputs), word(r, DenseUpdate.outputs),
        address(r, DenseUpdate.pack), address(r, DenseUpdate.chunk), word(r, DenseUpdate.kind), isPenalised(state),
        address(r, DenseUpdate.slot1), address(r, DenseUpdate.slot2), state,
      );
      return true;
    }
    default: {
      optimize(
        word(r, Optimize.kind), address(r, Optimize.w), address(r, Optimize.g), address(r, Optimize.slot1),
        address(r, Optimize.slot2), word(r, Optimize.decayed), word(r, Optimize.count), state,
      );
      return true;
    }
  }
}

function takeBatch(r: usize, state: usize): void {
  const cursor = <i32>get(state, State.cursor);
  const rows = min(<i32>get(state, State.batchSize), <i32>get(state, State.rowCount) - cursor);
  set(state, State.rows, rows);
  set(state, State.cursor, cursor + rows);
  const order = address(r, TakeBatch.order) + (<usize>cursor << 2);
  gather(address(r, TakeBatch.x), stride(r, TakeBatch.ldx), address(r, TakeBatch.xData), stride(r, TakeBatch.xStride), order, rows);
  gather(address(r, TakeBatch.y), stride(r, TakeBatch.ldy), address(r, TakeBatch.yData), stride(r, TakeBatch.yStride), order, rows);
}

/** to[row] = from[order[row]]. `width` is the stride of `from`: whole vectors, or one word where it holds class indices. */
function gather(to: usize, ld: usize, from: usize, width: usize, order: usize, rows: i32): void {
  for (const end = order + (<usize>rows << 2); order < end; order += 4) {
    const source = from + <usize>load<u32>(order) * width;
    if (width == 4) store<i32>(to, load<i32>(source));
    else for (let c: usize = 0; c < width; c += 16) v128.store(to + c, v128.load(source + c));
    to += ld;
  }
}

function loss(r: usize, state: usize, rows: i32): bool {
  const kind = word(r, Loss.kind), cols = word(r, Loss.cols);
  const rowLoss = address(r, Loss.rowLoss);
  const overOutputs = kind == LossKind.meanSquaredError || kind == LossKind.meanAbsoluteError || kind == LossKind.huber;
  const share: f64 = 1 / <f64>(overOutputs ? rows * cols : rows);
  lossRows(
    kind, address(r, Loss.da), address(r, Loss.a), address(r, Loss.y), rows, cols, stride(r, Loss.ld), stride(r, Loss.ldy),
    rowLoss, constant(r, Loss.parameter), <f32>(kind == LossKind.meanSquaredError ? 2 * share : share),
  );
  let sum: f64 = 0;
  for (let row = 0; row < rows; row++) sum += <f64>load<f32>(rowLoss + (<usize>row << 2));
  const mean = sum * share;
  set(state, State.loss, mean);
  if (!(mean < Infinity)) {
    set(state, State.stop, Stop.loss);
    return false;
  }
  set(state, State.lossSum, get(state, State.lossSum) + mean * rows);
  set(state, State.lossRows, get(state, State.lossRows) + rows);
  return true;
}
