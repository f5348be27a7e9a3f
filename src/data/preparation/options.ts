import { checkInteger, checkName, checkOptions } from "../../core/check";
import { DeltawasmError } from "../../core/errors";
import { show } from "../../core/show";
import type { ColumnType, Task } from "./columnTypes";
import type { DateOrder } from "./dates";

/** What is to be learned of a table. */
export interface TableOptions {
  /** The column to be told from the others. */
  target: string;
  /** Default: "classification" for texts, truth values and a few whole numbers that come again and again, "regression" for other numbers. */
  task?: Task;
  /** Types of columns that are to be taken otherwise than by themselves, such as { year: "category", id: "ignored" }. */
  types?: Readonly<Record<string, ColumnType>>;
  /**
   * Order of dates such as 31.12.2024, 31/12/2024 or 31-12-2024: "dmy", or "mdy" for 12/31/2024. Default: only dates that begin with the year are
   * taken as dates, for nobody can tell from 01/02/2024 which of the two it is.
   */
  dateOrder?: DateOrder;
  /** Categories of a column with an input of their own, from 1; rarer ones share one. Default 128. */
  maxCategories?: number;
  /** Pieces of the piecewise linear encoding of a column of numbers, to 256; 0 for none. Default: one for each 1,000 of its rows, to 32. */
  pieces?: number;
}

/** The names of these options, for those who pass them on. */
export const TABLE_OPTIONS = ["target", "task", "types", "dateOrder", "maxCategories", "pieces"] as const;

/** Options that are checked, with the defaults filled in. */
export interface Settings {
  target: string;
  task: Task | undefined;
  types: Readonly<Record<string, ColumnType>>;
  dateOrder: DateOrder | undefined;
  maxCategories: number;
  /** Undefined: by the rows. */
  pieces: number | undefined;
}

/** Checks the options and fills the defaults in. @throws DeltawasmError type, range, unknown */
export function checkTableOptions(given: TableOptions): Settings {
  const options: Partial<TableOptions> = checkOptions("options", given, TABLE_OPTIONS);
  const { target, task, types = {}, dateOrder, maxCategories = 128, pieces } = options;
  if (typeof target !== "string") throw new DeltawasmError("type", `target: expected the name of a column, got ${show(target)}`);
  const names = checkOptions("types", types, Object.keys(types ?? {}));
  return {
    target,
    task: task === undefined ? undefined : checkName<Task>("task", task, ["classification", "regression"]),
    types: Object.fromEntries(Object.entries(names).map(([name, type]) => (
      [name, checkName<ColumnType>(`types[${show(name)}]`, type, ["number", "category", "date", "ignored"])]
    ))),
    dateOrder: dateOrder === undefined ? undefined : checkName<DateOrder>("dateOrder", dateOrder, ["dmy", "mdy"]),
    maxCategories: checkInteger("maxCategories", maxCategories, 1, 10_000),
    pieces: pieces === undefined ? undefined : checkInteger("pieces", pieces, 0, 256),
  };
}
