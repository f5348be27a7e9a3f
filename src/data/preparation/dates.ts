import { cosineOfPi } from "../../training/exactMath";
import { type Cell } from "../table";

const DATE = /^(\d{4})[-/](\d{2})[-/](\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/** Mean length of the years of the Gregorian calendar. */
const YEAR = 365.2425;
const DAY = 86_400_000;

/**
 * Days since 1970-01-01 of a date in ISO 8601, such as 2012-01-31 or 2012-01-31T09:30 (slashes and a space instead of T are taken too);
 * NaN where it is none. Times without a zone are taken as UTC, so that they mean the same everywhere.
 */
export function daysOf(cell: Cell): number {
  const match = typeof cell === "string" ? DATE.exec(cell.trim()) : null;
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
