import { confusionMatrix } from "deltawasm/metrics";
import { confusionTable } from "../support/confusion";
import { colors, percent } from "../support/text";
import type { Character } from "./read/read";
import { type Aligned, isRight, type Score } from "./read/score";

/** A character that the network is less sure of is marked. */
export const SURE = 0.8;
const MARKS = { wrong: "^", unsure: "?", right: " " };

export const isUnsure = ({ confidence }: Character) => confidence < SURE;

/** Items of a text as its lines. */
function linesOf<T>(items: readonly T[], isEnd: (item: T) => boolean): T[][] {
  const lines: T[][] = [[]];
  for (const item of items) {
    if (isEnd(item)) lines.push([]);
    else lines[lines.length - 1].push(item);
  }
  return lines;
}

/** What was read, line by line, each with how sure the network is of it in the mean, and marks under what it is not sure of. */
export function showText(read: readonly Character[]): string[] {
  return linesOf(read, ({ text }) => text === "\n").flatMap((line) => {
    const drawn = line.filter(({ shape }) => shape);
    const mean = drawn.reduce((sum, { confidence }) => sum + confidence, 0) / drawn.length;
    const text = line.map((character) => (isUnsure(character) ? colors.yellow(character.text) : character.text)).join("");
    const marks = line.map((character) => (isUnsure(character) ? MARKS.unsure : MARKS.right)).join("").trimEnd();
    return [` ${colors.dim(percent(mean).padStart(8))}  ${text}`, ...(marks ? [`${" ".repeat(11)}${colors.yellow(marks)}`] : [])];
  });
}

/** What was read under what stands there; in lines with mistakes, or where the network was not sure, with marks under them. */
export function showPairs(pairs: readonly Aligned<Character>[]): string[] {
  return linesOf(pairs, ([is]) => is === "\n").flatMap((line) => {
    const wrong = line.some((pair) => !isRight(pair));
    const show = (text: string | undefined) => (text === undefined ? "·" : text.replace("\n", "↵"));
    const markOf = (pair: Aligned<Character>) => {
      if (!isRight(pair)) return colors.bold(colors.red(MARKS.wrong));
      return pair[1] && isUnsure(pair[1]) ? colors.yellow(MARKS.unsure) : MARKS.right;
    };
    const read = line.map((pair) => (isRight(pair) ? show(pair[1]?.text) : colors.bold(colors.red(show(pair[1]?.text))))).join("");
    const isMarked = line.some((pair) => markOf(pair) !== MARKS.right);
    return [
      ...(wrong ? [` ${colors.dim(" is ")}  ${line.map(([is]) => show(is)).join("")}`] : []),
      ` ${colors.dim("read")}  ${read}`,
      ...(isMarked ? [`${" ".repeat(7)}${line.map(markOf).join("")}`] : []),
    ];
  });
}

export function showScore({ characters, replaced, missing, additional, accuracy }: Score): string {
  return `${percent(accuracy)}   ${characters} characters: ${replaced} misread, ${missing} missing, ${additional} too many`;
}

/** Which characters were read as which; none where nothing of the truth was read. */
export function showConfusions(pairs: readonly Aligned<Character>[], classes: readonly string[]): string[] {
  const read = pairs.map(([is, character]) => [classes.indexOf(is ?? ""), classes.indexOf(character?.text ?? "")]).filter(([a, b]) => a >= 0 && b >= 0);
  if (read.length === 0) return [];
  return confusionTable(confusionMatrix(read.map(([is]) => is), read.map(([, as]) => as), { classes: classes.length }));
}
