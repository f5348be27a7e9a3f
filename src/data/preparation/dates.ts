import { cosineOfPi } from "../../training/exactMath";
import { type Cell } from "../table";

const DATE = /^(\d{4})[-/](\d{2})[-/](\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/** 31.12.2024, 31/12/2024 or 31-12-2024, or with the month first; then perhaps a time. */
const ORDERED = /^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})((?:[T ].*)?)$/;

/** Whether the day or the month comes first in dates that are not written as ISO 8601 has them. */
export type DateOrder = "dmy" | "mdy";

/** Mean length of the years of the Gregorian calendar. */
const YEAR = 365.2425;
const DAY = 86_400_000;

/** Whether a cell looks like a date with the day or the month first: which of them, nobody can tell from 01/02/2024. */
export function looksOrdered(cell: Cell): boolean {
  return typeof cell === "string" && ORDERED.test(cell.trim());
}

/** A date with the day or the month first as ISO 8601 has it; other texts as they are. */
function inIso(text: string, order: DateOrder | undefined): string {
  if (order === undefined) return text;
  return text.replace(ORDERED, (_, first: string, second: string, year: string, time: string) => {
    const [day, month] = order === "dmy" ? [first, second] : [second, first];
    return `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}${time}`;
  });
}

/**
 * Days since 1970-01-01 of a date in ISO 8601, such as 2012-01-31 or 2012-01-31T09:30 (slashes and a space instead of T are taken too), or with the
 * day or the month first where an order is given; NaN where it is none. Times without a zone are taken as UTC, so that they mean the same everywhere.
 */
export function daysOf(cell: Cell, order?: DateOrder): number {
  const match = typeof cell === "string" ? DATE.exec(inIso(cell.trim(), order)) : null;
  if (!match) return NaN;
  const [year, month, day, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map((part) => (part === undefined ? undefined : Number(part)));
  const time = Date.UTC(year!, month! - 1, day, hour, minute, second);
  const back = new Date(time);
  const isReal = back.getUTCMonth() === month! - 1 && back.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  return isReal ? (time - zoneOf(match[7])) / DAY : NaN;
}

/** Milliseconds that a zone such as +02:00 is before UTC. */
function zoneOf(zone: string | undefined): number {
  if (zone === undefined || zone === "Z") return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return (zone[0] === "-" ? -minutes : minutes) * 60_000;
}

/** Writes where a moment is in its year, or in its day, as a point of the circle: neighbours lie close together, over New Year and midnight as well. */
export function writeCircle(days: number, period: "year" | "day", out: Float32Array, at: number): void {
  const turns = period === "year" ? days / YEAR : days;
  const share = turns - Math.floor(turns);
  out[at] = cosineOfTurns(share);
  out[at + 1] = cosineOfTurns(share < 0.25 ? share + 0.75 : share - 0.25);
}

/** cos 2πt for t from 0 to 1. */
function cosineOfTurns(t: number): number {
  return cosineOfPi(t > 0.5 ? 2 - 2 * t : 2 * t);
}
