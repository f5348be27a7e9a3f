import { LIMITS } from "./limits";
import type { Core, DataBlock } from "./observed";
import { figure } from "./words";

/** Rows that are looked at, at the most. */
const ROWS = 256;

/** Statistics of one column of the inputs. */
interface Column {
  index: number;
  mean: number;
  deviation: number;
  /** Root mean square of the numbers that are not 0. */
  size: number;
  /** Share of the numbers that are not 0. */
  filled: number;
  low: number;
  high: number;
}

/** What is wrong with the scales of the inputs, in words; undefined where nothing is, and where inputs are indices or are scaled by the network. */
export function unscaled(core: Core, data: DataBlock): string | undefined {
  const { nodes, indexLimit } = core.network.graph;
  const first = nodes.filter(({ from }) => from.includes(-1));
  if (indexLimit !== undefined || first.every(({ spec }) => spec.type === "batchNorm")) return undefined;
  const columns = columnsOf(core, data).filter(({ filled, low, high }) => filled > 0 && low < high);
  if (columns.length === 0) return undefined;
  return isLarge(columns) ?? isUneven(columns) ?? isSmall(columns) ?? isShifted(columns);
}

function columnsOf({ network }: Core, data: DataBlock): Column[] {
  const { engine: { heap: { f, i } }, inputs } = network;
  const rows = Math.min(data.rows, ROWS);
  const [sums, squares, filled] = [new Float64Array(inputs), new Float64Array(inputs), new Float64Array(inputs)];
  const low = new Float64Array(inputs).fill(Infinity), high = new Float64Array(inputs).fill(-Infinity);
  for (let n = 0; n < rows; n++) {
    const place = data.x / 4 + i[data.order / 4 + Math.floor((n * data.rows) / rows)] * data.xStride;
    for (let c = 0; c < inputs; c++) {
      const value = f[place + c];
      sums[c] += value;
      squares[c] += value * value;
      if (value !== 0) filled[c]++;
      if (value < low[c]) low[c] = value;
      if (value > high[c]) high[c] = value;
    }
  }
  return Array.from({ length: inputs }, (_, index) => {
    const mean = sums[index] / rows;
    return {
      index, mean, deviation: Math.sqrt(Math.max(0, squares[index] / rows - mean * mean)),
      size: filled[index] > 0 ? Math.sqrt(squares[index] / filled[index]) : 0, filled: filled[index] / rows, low: low[index], high: high[index],
    };
  });
}

const range = ({ index, low, high }: Column) => `column ${index} goes from ${figure(low)} to ${figure(high)}`;
const largestOf = (columns: readonly Column[]) => columns.reduce((most, column) => (column.size > most.size ? column : most));
const smallestOf = (columns: readonly Column[]) => columns.reduce((least, column) => (column.size < least.size ? column : least));

function isLarge(columns: readonly Column[]): string | undefined {
  const large = columns.filter(({ size }) => size > LIMITS.largeInput);
  if (large.length === 0) return undefined;
  return `${large.length} of ${columns.length} columns of the inputs have large numbers: ${range(largestOf(large))}`;
}

/** Columns that are mostly 0 (one-hot, pixels at the border of an image) tell nothing of a scale. */
function isUneven(columns: readonly Column[]): string | undefined {
  const full = columns.filter(({ filled }) => filled > LIMITS.filledColumn);
  if (full.length < 2) return undefined;
  const largest = largestOf(full), smallest = smallestOf(full);
  if (largest.size <= LIMITS.unevenInputs * smallest.size) return undefined;
  return `the columns of the inputs have scales of different orders: ${range(smallest)}, ${range(largest)}`;
}

function isSmall(columns: readonly Column[]): string | undefined {
  const largest = largestOf(columns);
  return largest.size < LIMITS.smallInput ? `all inputs are small: ${range(largest)}` : undefined;
}

function isShifted(columns: readonly Column[]): string | undefined {
  const shifted = columns.filter(({ mean, deviation }) => Math.abs(mean) > LIMITS.shiftedInput * deviation);
  if (2 * shifted.length <= columns.length) return undefined;
  const { index, mean, deviation } = shifted[0];
  return `${shifted.length} of ${columns.length} columns of the inputs vary little around a number far from 0: column ${index} has the mean ${figure(mean)} and the deviation ${figure(deviation)}`;
}
