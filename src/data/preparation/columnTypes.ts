import type { ColumnSummary } from "./summary";

/** What a network can learn from a column: its numbers, which of some categories a row is in, moments, or nothing. */
export type ColumnType = "number" | "category" | "date" | "ignored";

/** What is to be told: a class, or a number. */
export type Task = "classification" | "regression";

/** A type that was decided upon, and why. */
export interface Decision<Type> {
  type: Type;
  /** Why it is left out, or what is done with some of its cells. */
  note?: string;
}

/** The share of cells with a value that must be numbers for the others to be taken as missing. */
const MOSTLY = 0.9;

/** From so many rows on a rule about all of them isn't met by chance. */
const ENOUGH_ROWS = 20;

/** Classes that numbers can be the names of. */
const MOST_NUMBERED_CLASSES = 20;

/** Decides what a column is good for. */
export function columnTypeOf(summary: ColumnSummary): Decision<ColumnType> {
  const { present, missing, numbers, texts, hasMoreTexts, dates, unread, distinct, rows } = summary;
  if (present === 0) return { type: "ignored", note: "all its cells are empty" };
  if (distinct === 1 && missing === 0) return { type: "ignored", note: "all its cells are the same" };
  if (texts === 0 || (numbers.count >= MOSTLY * present && !hasMoreTexts)) {
    if (numbersRows(summary)) return { type: "ignored", note: "it numbers the rows" };
    if (texts === 0) return { type: "number" };
    const others = [...summary.someTexts].map((text) => JSON.stringify(text.slice(0, 20))).join(", ");
    return { type: "number", note: `${texts} of ${present} cells are no numbers (${others}) and count as empty` };
  }
  if (dates.count === present) return { type: "date" };
  const commas = withCommas(summary);
  if (commas !== undefined) return { type: distinct > present / 2 ? "ignored" : "category", note: commas };
  if (unread > 0 && unread + dates.count === present) return { type: distinct > present / 2 ? "ignored" : "category", note: unreadDates(summary) };
  if (present >= ENOUGH_ROWS && distinct > present / 2) {
    return { type: "ignored", note: `nearly every row has a text of its own (${distinct} in ${rows} rows)` };
  }
  return { type: "category" };
}

/** What is to be done where numbers have commas, which may be decimal ones; undefined where they have none. */
export function withCommas({ commas, numbers, present, firstComma }: ColumnSummary): string | undefined {
  if (commas === 0 || commas + numbers.count < MOSTLY * present) return undefined;
  return `it looks like numbers with commas such as ${JSON.stringify(firstComma)}: where these are decimal commas, read the file with decimal ","`;
}

/** What is to be done where cells look like dates with the day or the month first. */
export function unreadDates({ firstUnread, dateOrder }: ColumnSummary): string {
  const example = JSON.stringify(firstUnread);
  if (dateOrder === undefined) return `it looks like dates such as ${example}: to learn from them, say by dateOrder whether the day ("dmy") or the month ("mdy") comes first`;
  return `it looks like dates such as ${example}, but not all of them are dates in the order "${dateOrder}"`;
}

/** Whether it only tells which row it is: whole numbers, each another, dense from 0 on as of rows that are counted, or named as a key. */
function numbersRows({ name, present, numbers, areWhole, areIncreasing, counts, uncounted, texts }: ColumnSummary): boolean {
  const areDistinct = areIncreasing || (counts.size === present && uncounted === 0);
  if (texts > 0 || !areWhole || !areDistinct || present < ENOUGH_ROWS) return false;
  const isDense = numbers.min >= 0 && numbers.max <= 3 * present;
  return isDense || /(^|[^a-z])(id|uuid|key)$/i.test(name) || /[a-z]I[Dd]$/.test(name);
}

/** Decides what is to be told of a target: classes where it is text, or some whole numbers that come again and again. */
export function taskOf({ present, numbers, areWhole, texts, distinct }: ColumnSummary): Task {
  if (texts > 0) return "classification";
  const areCodes = areWhole && distinct <= MOST_NUMBERED_CLASSES && (distinct === 2 || distinct * 5 <= present) && numbers.count > 0;
  return areCodes ? "classification" : "regression";
}
