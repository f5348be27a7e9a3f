import { checkBoolean, checkName, checkOptions } from "../../core/check";
import { DeltawasmError } from "../../core/errors";
import { show } from "../../core/show";
import type { Cell } from "../table";
import { isMissing } from "./cells";
import { readMoments } from "./file";
import { type DateOrder, daysOf, writeCircle } from "./dates";
import { leastRows } from "./rare";
import type { ColumnSummary } from "./summary";

/** How a column of dates becomes inputs: the days, scaled; the time of the year as a point of a circle; where it has times, that of the day. */
export interface DateEncoding {
  /** The column. */
  name: string;
  /** What it is. */
  type: "date";
  /** The mean, in days since 1970. */
  centre: number;
  /** The deviation in days; 1 where it is constant. */
  scale: number;
  /** Whether there are inputs for the time of the day. */
  times: boolean;
  /** Whether an input tells that the date is missing; the others are 0 then. */
  missing: boolean;
  /** Whether the day or the month comes first in dates that don't begin with the year; without it there are none. */
  order?: DateOrder;
}

/** Days later or earlier than in training are limited to so many deviations. */
const LIMIT = 3;

/** Fits the encoding to a column's dates. */
export function fitDates({ name, present, dates, hasTimes, missing, dateOrder }: ColumnSummary): DateEncoding {
  return { name, type: "date", centre: dates.mean, scale: dates.scale, times: hasTimes, missing: missing >= leastRows(present), ...(dateOrder ? { order: dateOrder } : {}) };
}

/** Inputs that it makes. */
export function dateWidth({ times, missing }: DateEncoding): number {
  return 3 + (times ? 2 : 0) + (missing ? 1 : 0);
}

/** Writes the inputs of a cell, which are 0 before. @throws DeltawasmError type */
export function writeDate({ centre, scale, times, missing, order }: DateEncoding, where: () => string, cell: Cell, out: Float32Array, at: number): void {
  if (isMissing(cell)) {
    if (missing) out[at + (times ? 5 : 3)] = 1;
    return;
  }
  const days = daysOf(cell, order);
  if (Number.isNaN(days)) throw new DeltawasmError("type", `${where()}: expected a date such as ${order === "dmy" ? '"31/01/2024" or ' : order === "mdy" ? '"01/31/2024" or ' : ""}"2024-01-31", as in training, got ${show(cell)}`);
  out[at] = Math.min(Math.max((days - centre) / scale, -LIMIT), LIMIT);
  writeCircle(days, "year", out, at + 1);
  if (times) writeCircle(days, "day", out, at + 3);
}

/** Checks one that was read from a file. @throws DeltawasmError */
export function readDateEncoding(where: string, json: unknown, name: string): DateEncoding {
  const given = checkOptions(where, json, ["name", "type", "centre", "scale", "times", "missing", "order"]);
  return {
    name, type: "date",
    ...readMoments(where, given),
    times: checkBoolean(`${where}.times`, given.times),
    missing: checkBoolean(`${where}.missing`, given.missing),
    ...(given.order === undefined ? {} : { order: checkName<DateOrder>(`${where}.order`, given.order, ["dmy", "mdy"]) }),
  };
}
