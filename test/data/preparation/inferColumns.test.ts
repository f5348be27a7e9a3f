import { describe, expect, test } from "vitest";
import { type Cell, type ColumnInfo, inferColumns, type Table, type TableOptions } from "deltawasm/data";
import { SeededNumbers } from "../../support/numbers";

const ROWS = 60;
const numbers = new SeededNumbers(3);

/** What a column of these cells is taken as, beside a target of two classes. */
function infer(cell: (n: number) => Cell, { name = "cell", rows = ROWS, ...options }: Partial<TableOptions> & { name?: string; rows?: number } = {}): ColumnInfo {
  const table: Table = { columns: [name, "class"], rows: Array.from({ length: rows }, (_, n) => [cell(n), n % 3 === 0 ? "a" : "b"]) };
  return inferColumns(table, { target: "class", ...options })[0];
}

/** The task that is chosen for a target of these cells. */
function taskOf(cell: (n: number) => Cell, rows = ROWS): string {
  const table: Table = { columns: ["x", "y"], rows: Array.from({ length: rows }, (_, n) => [n * 0.37, cell(n)]) };
  const { task, distinct } = inferColumns(table, { target: "y" })[1];
  return task === "classification" ? `${distinct} classes` : "a number";
}

describe("a column is taken as", () => {
  test.each<[string, ColumnInfo["type"], (n: number) => Cell]>([
    ["numbers", "number", () => numbers.uniform(0, 9)],
    ["numbers as text, in all their forms", "number", (n) => [" 12 ", "-0.5", "1e3", "+7", ".25", "3."][n % 6]],
    ["few whole numbers", "number", (n) => n % 4],
    ["years", "number", (n) => 1950 + n],
    ["whole numbers that come twice", "number", (n) => Math.floor(n / 2)],
    ["texts that come again", "category", (n) => ["red", "green", "blue"][n % 3]],
    ["truth values", "category", (n) => n % 2 === 0],
    ["numbers with units", "category", (n) => `${n % 5} kg`],
    ["hexadecimal digits, which are no numbers", "category", (n) => `0x${n % 5}`],
    ["dates", "date", (n) => `2024-01-${String((n % 28) + 1).padStart(2, "0")}`],
    ["moments", "date", (n) => `2024-01-01T${String(n % 24).padStart(2, "0")}:30:00+01:00`],
    ["dates that the calendar doesn't have", "category", (n) => (n % 2 === 0 ? "2023-02-30" : "2023-02-28")],
  ])("%s: %s", (_, type, cell) => {
    expect(infer(cell)).toEqual({ name: "cell", type, missing: 0, distinct: expect.any(Number) });
  });

  test.each<[string, RegExp, (n: number) => Cell, string?]>([
    ["is empty", /empty/, () => null],
    ["is constant", /the same/, () => "Earth"],
    ["has a text of its own in nearly every row", /text of its own/, (n) => `guest ${n}`],
    ["numbers the rows", /numbers the rows/, (n) => n + 1],
    ["numbers the rows, some of which are gone, in another order", /numbers the rows/, (n) => ((n * 7) % ROWS) * 2],
    ["is a key by its name", /numbers the rows/, (n) => 700_123 + n * 977, "customer_id"],
    ["is a key by its name in camels' case", /numbers the rows/, (n) => 700_123 + n * 977, "customerId"],
  ])("nothing, where it %s", (_, note, cell, name = "cell") => {
    expect(infer(cell, { name })).toMatchObject({ type: "ignored", note: expect.stringMatching(note) });
  });

  test.each<[string, string, RegExp, (n: number) => Cell]>([
    ["with the day or the month first, in nearly every row another", "ignored", /^it looks like dates such as "1\/1\/2024": to learn from them, say by dateOrder whether the day \("dmy"\) or the month \("mdy"\) comes first$/, (n) => `${(n % 12) + 1}/${Math.floor(n / 12) + 1}/2024`],
    // No day is beyond 12: both orders would do, and neither is taken.
    ["with the day or the month first, that come again", "category", /^it looks like dates such as "01\.02\.2024"/, (n) => ["01.02.2024", "02.03.2024"][n % 2]],
  ])("a text where it has dates %s, and it is said what to do", (_, type, note, cell) => {
    expect(infer(cell)).toMatchObject({ type, note: expect.stringMatching(note) });
  });

  test.each<[string, string, (n: number) => Cell]>([
    ["another in nearly every row", "ignored", (n) => `${n},5`],
    ["that come again, some of them without", "category", (n) => ["0,5", "1,25", "2"][n % 3]],
  ])("a text where its numbers have commas, %s, and it is said what to do", (_, type, cell) => {
    expect(infer(cell)).toMatchObject({ type, note: 'it looks like numbers with commas such as "0,5": where these are decimal commas, read the file with decimal ","' });
  });

  test("a target of few whole numbers says how it may be taken otherwise", () => {
    const target = (task?: "classification") => inferColumns({ columns: ["x", "y"], rows: Array.from({ length: 40 }, (_, n) => [n * 0.37, n % 3]) }, { target: "y", ...(task ? { task } : {}) })[1];
    expect(target()).toMatchObject({ task: "classification", note: expect.stringMatching(/task "regression" takes them as numbers$/) });
    expect(target("classification").note).toBeUndefined();
  });

  test("dates in the order that is given", () => {
    const ofOrder = (dateOrder: "dmy" | "mdy", cell: (n: number) => Cell) => inferColumns(
      { columns: ["cell", "y"], rows: Array.from({ length: 40 }, (_, n) => [cell(n), n % 2 === 0 ? "a" : "b"]) }, { target: "y", dateOrder },
    )[0];
    for (const mark of [".", "/", "-"]) expect(ofOrder("dmy", (n) => [(n % 28) + 1, 7, 2000 + n].join(mark))).toMatchObject({ type: "date" });
    expect(ofOrder("dmy", (n) => (n % 2 === 0 ? "31.12.2024 23:59" : "2024-02-01T10:00"))).toMatchObject({ type: "date" });
    expect(ofOrder("mdy", (n) => `07/${(n % 28) + 1}/${2000 + n}`)).toMatchObject({ type: "date" });
    expect(ofOrder("mdy", (n) => `${(n % 28) + 1}/07/${2000 + n}`)).toMatchObject({ type: "ignored", note: "it looks like dates such as \"13/07/2012\", but not all of them are dates in the order \"mdy\"" });
    expect(ofOrder("dmy", (n) => `31.12.${n % 2 === 0 ? "24" : "25"}`)).toMatchObject({ type: "category" });
  });

  test("what it is where its name only ends like a key's", () => {
    expect(infer((n) => 700_123 + n * 977, { name: "humid" }).type).toBe("number");
  });

  test("numbers where a few cells are texts, which count as empty and are told", () => {
    expect(infer((n) => (n === 7 ? "closed" : n / 2))).toMatchObject({ type: "number", note: "1 of 60 cells are no numbers (\"closed\") and count as empty" });
  });

  test("categories where many cells are texts", () => {
    expect(infer((n) => (n % 3 === 0 ? "low" : n % 5)).type).toBe("category");
  });

  test("what it is told to be", () => {
    expect(infer((n) => n % 4, { types: { cell: "category" } }).type).toBe("category");
    expect(infer((n) => n % 4, { types: { cell: "ignored" } })).toMatchObject({ type: "ignored", note: "as asked for" });
    expect(infer((n) => n, { types: { cell: "number" } }).type).toBe("number");
  });

  test("something in a table too short to tell", () => {
    expect(infer((n) => n, { rows: 5 }).type).toBe("number");
    expect(infer((n) => `guest ${n}`, { rows: 5 }).type).toBe("category");
  });

  test("the same, whatever else it is called", () => {
    for (const name of ["__proto__", "constructor", "toString", ""]) expect(infer((n) => n % 4, { name })).toMatchObject({ name, type: "number" });
  });
});

describe("empty cells", () => {
  test.each<Cell>([null, undefined, "", "  ", "NA", "N/A", "NaN", "null", "?", NaN])("are counted: %s", (cell) => {
    expect(infer((n) => (n % 10 === 0 ? cell : n / 3))).toEqual({ name: "cell", type: "number", missing: 6, distinct: 54 });
  });
});

describe("a target is", () => {
  test.each<[string, string, (n: number) => Cell]>([
    ["texts", "3 classes", (n) => ["red", "green", "blue"][n % 3]],
    ["truth values", "2 classes", (n) => n % 2 === 0],
    ["0 and 1", "2 classes", (n) => String(n % 2)],
    ["a few whole numbers", "5 classes", (n) => n % 5],
    ["many whole numbers", "a number", (n) => n % 40],
    ["fractions", "a number", (n) => (n % 5) / 2],
  ])("%s: %s", (_, note, cell) => {
    expect(taskOf(cell)).toBe(note);
  });

  test("a number where whole ones hardly come again", () => {
    expect(taskOf((n) => n, 10)).toBe("a number");
  });
});
