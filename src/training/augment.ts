import { Augment, AUGMENT_WORDS, BORDER, DRAWN_ROOM, GaussianNoise, Op } from "../../assembly/records";
import type { PlanBuilder, Tensor } from "../plan/builder";
import { record, shared, work } from "../plan/record";
import { splitSeed } from "../core/seed";
import type { ResolvedAugment } from "./augmentOptions";

/** What augmentation's random numbers are for: beyond those of all layers. The next two are the elastic grid's and the noise's. */
const AUGMENT_STREAM = 0xc0000000;

/** What becomes of the images x of a batch, in their place. */
export function augmentRecords(builder: PlanBuilder, x: Tensor, augment: ResolvedAugment | undefined, seed: number): Int32Array[] {
  if (!augment) return [];
  const { noise, moves } = augment;
  const [seedLow, seedHigh] = splitSeed(seed);
  const records: Int32Array[] = [];
  if (moves) records.push(mapRecord(builder, x, augment, { seedLow, seedHigh, stream: AUGMENT_STREAM }));
  if (noise > 0) {
    const [drawn] = builder.scratch(DRAWN_ROOM);
    records.push(shared(work.functions(builder.capacity * x.cols), record(Op.GaussianNoise, GaussianNoise, {
      y: x.address, x: x.address, cols: x.cols, ld: x.ld, deviation: builder.constant(noise), seedLow, seedHigh, stream: AUGMENT_STREAM + 2,
      numbers: drawn,
    })));
  }
  return records;
}

/** Nanoseconds that a pixel takes. */
const PIXEL_TIME = 4;

function mapRecord(
  builder: PlanBuilder, x: Tensor, { shape: [channels, height, width], numbers, sigma }: ResolvedAugment,
  source: { seedLow: number; seedHigh: number; stream: number },
): Int32Array {
  const [acrossColumns, acrossRows] = sigma > 0 ? [splines(width, sigma), splines(height, sigma)] : [NO_SPLINES, NO_SPLINES];
  const image = Math.ceil((channels * (height + BORDER) * (width + BORDER)) / 4) * 4;
  const grid = 2 * acrossRows.controls * (acrossColumns.controls + Math.ceil(width / 4) * 4);
  const [room] = builder.scratch(AUGMENT_WORDS + image + grid);
  return shared(PIXEL_TIME * builder.capacity * x.cols, record(Op.Augment, Augment, {
    x: x.address, ldx: x.ld, channels, height, width, numbers: builder.constants(numbers),
    splines: sigma > 0 ? builder.constants([...acrossColumns.table, ...acrossRows.table]) : 0, gridRows: acrossRows.controls,
    gridCols: acrossColumns.controls, room, ...source,
  }));
}

const NO_SPLINES = { controls: 0, table: [] as number[] };

/**
 * How each of `length` pixels is made of controls that are √3 · sigma apart: the first of the four about it, and their weights, which are the
 * uniform cubic B-spline's (de Boor, A Practical Guide to Splines, 1978).
 */
function splines(length: number, sigma: number): { controls: number; table: number[] } {
  const distance = sigma * Math.sqrt(3);
  const table = Array.from({ length }, (_, n) => {
    const first = Math.floor(n / distance), t = n / distance - first, s = 1 - t;
    return [first, (s * s * s) / 6, (3 * t * t * t - 6 * t * t + 4) / 6, (3 * s * s * s - 6 * s * s + 4) / 6, (t * t * t) / 6];
  });
  return { controls: table[length - 1][0] + 4, table: table.flat() };
}
