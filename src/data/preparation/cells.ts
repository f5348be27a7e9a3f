import { DeltawasmError } from "../../core/errors";
import { show } from "../../core/show";
import { MISSING } from "../missing";
import type { Cell } from "../table";

const missingTexts = new Set(MISSING);

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Sums of squares of larger ones would leave 64-bit floats, and scaled ones 32-bit floats. */
const LARGEST = 1e30;

/** Whether a cell holds no value. */
export function isMissing(cell: Cell): cell is null | undefined {
  if (typeof cell === "string") return missingTexts.has(cell.trim());
  return cell === null || cell === undefined || Number.isNaN(cell);
}

/** Throws unless it is a cell. @throws DeltawasmError type, nonFinite, range */
export function checkCell(where: () => string, cell: unknown): Cell {
  if (typeof cell === "number") {
    if (cell === Infinity || cell === -Infinity) throw new DeltawasmError("nonFinite", `${where()}: expected a finite number, or null where there is none, got ${cell}`);
    checkSize(where, cell);
  } else if (typeof cell !== "string" && typeof cell !== "boolean" && cell !== null && cell !== undefined) {
    throw new DeltawasmError("type", `${where()}: expected a text, a number, true, false or null, got ${show(cell)}`);
  }
  return cell;
}

/** The number in a cell, typed or as text; NaN where it is none. @throws DeltawasmError range */
export function numberOf(where: () => string, cell: Cell): number {
  if (typeof cell === "number") return cell;
  if (typeof cell === "boolean") return cell ? 1 : 0;
  if (typeof cell !== "string") return NaN;
  const text = cell.trim();
  if (!NUMBER.test(text)) return NaN;
  return checkSize(where, Number(text));
}

function checkSize(where: () => string, number: number): number {
  if (number > LARGEST || number < -LARGEST) throw new DeltawasmError("range", `${where()}: expected a number between -1e30 and 1e30, got ${number}`);
  return number;
}

/** A cell as the name of a category. */
export function textOf(cell: Cell): string {
  return typeof cell === "string" ? cell.trim() : String(cell);
}
