import { type Table, TableEncoder, type TableOptions } from "deltawasm/data";
import { DeltawasmError } from "../core/errors";
import { show } from "../core/show";
import { isMissing } from "../data/preparation/cells";
import { TABLE_OPTIONS } from "../data/preparation/options";
import { checkTable } from "../data/preparation/tableRows";
import { RandomWords, Reservoir } from "../data/reservoir";
import { type Material, pick } from "./material";
import { withTarget } from "./splitTable";
import { MOST_ROWS } from "./trial";
import type { StreamTrainOptions } from "./training";

/** A table that may be larger than memory: a function that begins anew with its parts, such as `() => streamCsv(createReadStream("large.csv"))`. */
export type TableStream = () => Iterable<Table> | AsyncIterable<Table>;

/**
 * Fits an encoder to a table part by part; nothing that grows with its rows is held.
 *
 * @throws DeltawasmError type, range, shape, unknown, conflict, empty, nonFinite; the signal's reason after an abort; what a stream throws, as it is
 */
export async function ofTables(given: TableStream, options: Partial<StreamTrainOptions>, seed: number): Promise<Material> {
  const tableOptions = pick(options, TABLE_OPTIONS) as TableOptions;
  const { validation, signal } = options;
  const { target } = tableOptions;
  const judges = typeof validation === "function" || validation === undefined ? undefined : checkTable("options.validation", validation);

  const fitter = TableEncoder.fitter(tableOptions);
  const sample: Table["rows"][number][] = [];
  const reservoir = new Reservoir(MOST_ROWS, new RandomWords(seed, MOST_ROWS));
  let rows = 0, all = 0, columns: readonly string[] = [];
  for await (const part of partsOf("table", given, signal)) {
    const complete = withTarget(part, target);
    fitter.add(complete);
    columns = part.columns;
    all += part.rows.length;
    rows += complete.rows.length;
    for (const row of complete.rows) {
      const place = reservoir.next();
      // A copy: texts that were cut out of a file would hold what is around them.
      if (place >= 0) sample[place] = structuredClone(row);
    }
  }
  if (rows === 0 && all > 0) throw new DeltawasmError("empty", `table: none of ${all} rows has a value of the target ${show(target)}`);
  const encoder = fitter.finish();

  const encoded = (name: string, tables: TableStream) => async function* () {
    for await (const part of partsOf(name, tables, signal)) {
      const place = part.columns.indexOf(target);
      if (part.rows.some((row) => !isMissing(row[place]))) yield encoder.encodeData(part);
    }
  };
  return {
    preparation: encoder, task: encoder.task, inputs: encoder.inputs, outputs: encoder.outputs, rows, columns: fitter.columns,
    sample: { data: encoder.encodeData({ columns, rows: sample }), rows: sample.length },
    data: encoded("table", given),
    ...(typeof validation === "function" ? { validation: encoded("options.validation", validation) } : {}),
    ...(judges ? { validation: encoder.encodeData(judges) } : {}),
    isHeld: false,
  };
}

/** A stream's parts, until an abort. */
async function* partsOf(name: string, stream: TableStream, signal: AbortSignal | undefined): AsyncGenerator<Table, void, undefined> {
  const parts: unknown = stream();
  const isIterable = typeof parts === "object" && parts !== null && (Symbol.asyncIterator in parts || Symbol.iterator in parts);
  if (!isIterable) throw new DeltawasmError("type", `${name}: expected a function that gives an iterable of tables, got one that gives ${show(parts)}`);
  for await (const part of parts as AsyncIterable<Table>) {
    signal?.throwIfAborted();
    yield checkTable(name, part);
  }
}
