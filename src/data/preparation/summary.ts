import { log1p } from "../../reference/math";
import type { Cell } from "../table";
import { isMissing, numberOf, textOf } from "./cells";
import { type DateOrder, daysOf, looksOrdered } from "./dates";
import { Moments } from "./moments";
import { Sample } from "./sample";

/** Different values of a column that are counted; what else comes is counted together. */
const MOST_VALUES = 10_000;

/** Texts that are remembered among numbers. */
const MOST_TEXTS = 8;

const WITH_COMMA = /^[+-]?[\d.]*,\d+$/;

/** What is known of a column after its rows went by, one at a time: it takes no more memory for more rows. */
export class ColumnSummary {
  readonly name: string;
  rows = 0;
  missing = 0;
  /** Of the cells that are numbers, and of ln(1 + x) of them where none is negative. */
  readonly numbers = new Moments();
  readonly logarithms = new Moments();
  readonly sample = new Sample();
  /** Of the cells that are dates, in days. */
  readonly dates = new Moments();
  /** Whether a date has a time of the day. */
  hasTimes = false;
  /** Order of day and month in dates that don't begin with the year; cells that look like such dates, and are none in this order; the first of them. */
  readonly dateOrder: DateOrder | undefined;
  unread = 0;
  firstUnread = "";
  /** Whether all numbers are whole, and each is larger than the one before. */
  areWhole = true;
  areIncreasing = true;
  /** How often each value came, as a text, in the order of their first coming. */
  readonly counts = new Map<string, number>();
  /** Cells whose value came after there were too many others. */
  uncounted = 0;
  /** Texts such as 1,5, and the first of them. */
  commas = 0;
  firstComma = "";
  /** Cells that are neither missing nor numbers, and some of their texts. */
  texts = 0;
  readonly someTexts = new Set<string>();
  hasMoreTexts = false;
  #last = -Infinity;

  constructor(name: string, dateOrder?: DateOrder) {
    this.name = name;
    this.dateOrder = dateOrder;
  }

  /** Cells with a value. */
  get present(): number {
    return this.rows - this.missing;
  }

  /** Different values; at least so many where some weren't counted. */
  get distinct(): number {
    return this.counts.size + this.uncounted;
  }

  add(where: () => string, cell: Cell): void {
    this.rows++;
    if (isMissing(cell)) {
      this.missing++;
      return;
    }
    const text = textOf(cell);
    const seen = this.counts.get(text);
    if (seen !== undefined || this.counts.size < MOST_VALUES) this.counts.set(text, (seen ?? 0) + 1);
    else this.uncounted++;
    const number = typeof cell === "boolean" ? NaN : numberOf(where, cell);
    if (Number.isNaN(number)) this.#addText(text, cell);
    else this.#addNumber(number);
  }

  #addNumber(number: number): void {
    this.numbers.add(number);
    this.sample.add(number);
    if (number >= 0) this.logarithms.add(log1p(number));
    this.areWhole &&= Number.isInteger(number);
    this.areIncreasing &&= number > this.#last;
    this.#last = number;
  }

  #addText(text: string, cell: Cell): void {
    this.texts++;
    if (this.someTexts.size < MOST_TEXTS) this.someTexts.add(text);
    else this.hasMoreTexts ||= !this.someTexts.has(text);
    if (WITH_COMMA.test(text) && this.commas++ === 0) this.firstComma = text;
    const days = daysOf(cell, this.dateOrder);
    if (Number.isNaN(days)) {
      if (looksOrdered(cell) && this.unread++ === 0) this.firstUnread = text;
      return;
    }
    this.dates.add(days);
    this.hasTimes ||= !Number.isInteger(days);
  }
}
