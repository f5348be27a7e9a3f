import { Network, Trainer } from "deltawasm";
import { splitIndices } from "deltawasm/data";
import { recipe, type RecipeQuestion } from "./recipe";

/** Strengths of weight decay that are tried: for tables with little noise and with much. */
const LITTLE_NOISE = 0.5;
const MUCH_NOISE = 2;

/** With fewer rows a trial tells nothing, and much decay does no harm; of more rows so many are tried. */
const FEWEST_ROWS = 1000;
export const MOST_ROWS = 4000;

/** Share of these rows that judges, and steps of a trial. */
const JUDGES = 0.25;
const STEPS = 500;

/** Little decay must be better by as much: so short a training shows only the beginning of what noise does to a longer one. */
const MARGIN = 0.97;

/** Encoded rows. */
export interface Encoded {
  x: Float32Array;
  /** Class indices, or targets, row by row. */
  y: Float32Array | Int32Array;
}

/**
 * How strong weight decay should be: how much noise a table has cannot be told from its size, so two short trainings on a part of the rows tell
 * it by the loss of rows that they haven't seen.
 */
export async function chooseDecay(data: Encoded, question: RecipeQuestion, signal: AbortSignal | undefined): Promise<number> {
  const { rows, inputs, seed = 0 } = question;
  if (rows < FEWEST_ROWS) return MUCH_NOISE;
  const tried = Math.min(rows, MOST_ROWS);
  const widths = { x: inputs, y: data.y.length / rows };
  const parts = splitIndices(rows, { validation: (JUDGES * tried) / rows, test: 1 - tried / rows, seed });
  const [training, validation] = [take(data, widths, parts.training), take(data, widths, parts.validation)];
  const losses: number[] = [];
  for (const decay of [LITTLE_NOISE, MUCH_NOISE]) {
    const plain = recipe({ ...question, rows: parts.training.length, decay });
    const epochs = Math.ceil(STEPS / Math.ceil(parts.training.length / plain.fit.batchSize!));
    const { spec, trainer: options, fit } = recipe({ ...question, rows: parts.training.length, decay, epochs });
    using network = await Network.create(spec);
    const trainer = new Trainer(network, options);
    await trainer.fit(training, { ...fit, ...(signal === undefined ? {} : { signal }) });
    losses.push((await trainer.evaluate(validation)).loss);
  }
  return losses[0] < MARGIN * losses[1] ? LITTLE_NOISE : MUCH_NOISE;
}

function take({ x, y }: Encoded, widths: { x: number; y: number }, rows: Int32Array): Encoded {
  return { x: takeFrom(x, widths.x, rows), y: takeFrom(y, widths.y, rows) };
}

function takeFrom(values: Float32Array | Int32Array, width: number, rows: Int32Array): Float32Array {
  const taken = new Float32Array(rows.length * width);
  rows.forEach((row, n) => taken.set(values.subarray(row * width, (row + 1) * width), n * width));
  return taken;
}
