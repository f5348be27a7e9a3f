import { colors } from "./text";

/** A table with what is seen as rows and what was read as columns: hits on the diagonal, misses beside it. */
export function confusionTable(counts: readonly (readonly number[])[]): string[] {
  const classes = counts.length;
  const width = Math.max(4, String(Math.max(...counts.flat())).length + 1);
  const cell = (text: string | number) => String(text).padStart(width);
  const header = Array.from({ length: classes }, (_, c) => cell(c)).join("");
  const rows = Array.from({ length: classes }, (_, truth) => {
    const cells = Array.from({ length: classes }, (_, read) => {
      const n = counts[truth][read];
      if (n === 0) return colors.dim(cell("·"));
      return truth === read ? colors.green(cell(n)) : colors.bold(colors.red(cell(n)));
    });
    return `${cell(truth)} │${cells.join("")}`;
  });
  return [
    `${" ".repeat(width + 2)}${colors.dim(" read as")}`,
    `${colors.dim(" is".padStart(width))} │${header}`,
    `${"─".repeat(width + 1)}┼${"─".repeat(width * classes)}`,
    ...rows,
  ];
}
