import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type CsvOptions, readCsv, streamCsv, type Table } from "deltawasm/data";
import { refused } from "../support/refusals";

interface Case extends Table {
  text: string;
  delimiter: string;
}
const cases = JSON.parse(readFileSync(new URL("../fixtures/data/csv.json", import.meta.url), "utf8")) as Case[];

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** Bytes cut at random places, between the bytes of a character as well. */
function* cut(bytes: Uint8Array, seed: number): Generator<Uint8Array> {
  let state = seed;
  for (let at = 0; at < bytes.length;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const to = at + (state % 7);
    yield bytes.slice(at, to);
    at = to;
  }
}

async function collect(tables: AsyncIterable<Table>): Promise<Table[]> {
  const all: Table[] = [];
  for await (const table of tables) all.push(table);
  return all;
}

describe("tables that Python's csv module wrote", () => {
  test.each(cases.map((one, n) => ({ ...one, n })))("$n: whole, in pieces, packed, as a stream of tables", async ({ text, delimiter, columns, rows, n }) => {
    const expected = { columns, rows };
    const options: CsvOptions = { delimiter, missing: [""] };
    expect(await readCsv(text, options)).toEqual(expected);
    expect(await readCsv(`\ufeff${text}`, options)).toEqual(expected);
    expect(await readCsv(cut(bytesOf(text), n + 1), options)).toEqual(expected);
    expect(await readCsv(cut(gzipSync(text), n + 2), options)).toEqual(expected);
    const tables = await collect(streamCsv(cut(bytesOf(text), n + 3), { ...options, rows: 2 }));
    expect(tables.flatMap((table) => table.rows)).toEqual(rows);
    for (const table of tables) expect(table.columns).toEqual(columns);
    expect(tables.slice(0, -1).every((table) => table.rows.length === 2)).toBe(true);
  });
});

describe("a table longer than what is parsed at once", () => {
  const row = (n: number) => [`${n}`, `"${n},\ny${"x".repeat(n % 50)}"`, n % 3 === 0 ? "NA" : `${n / 8}`];
  const text = `n,"a ""name""",value\r\n${Array.from({ length: 20_000 }, (_, n) => row(n).join(",")).join("\r\n")}`;
  const expected = Array.from({ length: 20_000 }, (_, n) => [`${n}`, `${n},\ny${"x".repeat(n % 50)}`, n % 3 === 0 ? null : `${n / 8}`]);

  test("comes back whole, and as tables", async () => {
    expect(text.length).toBeGreaterThan(600_000);
    const whole = await readCsv(text);
    expect(whole.columns).toEqual(["n", 'a "name"', "value"]);
    expect(whole.rows).toEqual(expected);
    const tables = await collect(streamCsv(new Blob([text]).stream(), { rows: 3000 }));
    expect(tables.map(({ rows }) => rows.length)).toEqual([3000, 3000, 3000, 3000, 3000, 3000, 2000]);
    expect(tables.flatMap(({ rows }) => rows)).toEqual(expected);
  });

  test("tells the line of a mistake, also behind cells of several lines", async () => {
    const broken = `${text}\r\n1,2\r\n`;
    // A header, and two lines for each row.
    const words = /^csv: line 40002: expected 3 cells, as the first row has, got 2$/;
    await expect(readCsv(broken)).rejects.toThrow(words);
    await expect(collect(streamCsv(cut(bytesOf(broken), 1)))).rejects.toThrow(words);
  });

  test("whose stream is left early lets go of its source", async () => {
    let returned = false;
    async function* source() {
      try {
        for (;;) yield "1,2\n".repeat(50_000);
      } finally {
        returned = true;
      }
    }
    for await (const { rows } of streamCsv(source(), { header: ["a", "b"], rows: 10 })) {
      expect(rows).toHaveLength(10);
      break;
    }
    expect(returned).toBe(true);
  });
});

describe("what is found out by itself", () => {
  test.each([[",", "a,b\n1,2\n"], [";", "a;b\n1,5;2\n"], ["\t", "a\tb\n1\t2\n"], ["|", "a|b\n1|2\n"]])("the delimiter %j", async (_, text) => {
    expect((await readCsv(text)).columns).toEqual(["a", "b"]);
  });

  test("a single column, empty lines, blanks, missing values", async () => {
    expect(await readCsv("a\n\n 1 \nNA\n\n?\n")).toEqual({ columns: ["a"], rows: [["1"], [null], [null]] });
  });

  test("names that are missing or come twice", async () => {
    expect((await readCsv(",a,a,a 2,\n1,2,3,4,5")).columns).toEqual(["column 1", "a", "a 2", "a 2 2", "column 5"]);
  });

  test("UTF-16 with its mark", async () => {
    const text = "\ufeffname,größe\nä,1\n";
    const little = Uint8Array.from([...text].flatMap((c) => [c.charCodeAt(0) & 255, c.charCodeAt(0) >> 8]));
    expect(await readCsv(little)).toEqual({ columns: ["name", "größe"], rows: [["ä", "1"]] });
  });
});

test("pieces of text are joined as they are: cut inside a character, whatever encoding bytes would have", async () => {
  expect((await readCsv(["a\n\ud83d", "\ude00\n"])).rows).toEqual([["😀"]]);
  expect((await readCsv(["\ufeffä\n1\n"], { encoding: "windows-1252" })).columns).toEqual(["ä"]);
  expect(await readCsv(["", "\ufeffa\n", bytesOf("ü\n"), "ö\n"])).toEqual({ columns: ["a"], rows: [["ü"], ["ö"]] });
});

test("a cell far longer than what is parsed at once, in small pieces", async () => {
  const long = "a line of it\n".repeat(30_000);
  const text = `a,b\n1,"${long}"\n2,end\n`;
  const tables = await collect(streamCsv(text.match(/[^]{1,50}/g)!));
  expect(tables).toEqual([{ columns: ["a", "b"], rows: [["1", long.trim()], ["2", "end"]] }]);
});

test("options: no header, names, an encoding, other missing values", async () => {
  expect(await readCsv("1,2\n3,-\n", { header: false, missing: ["-"] })).toEqual({ columns: ["column 1", "column 2"], rows: [["1", "2"], ["3", null]] });
  expect(await readCsv("1,2\n", { header: ["a", "b"] })).toEqual({ columns: ["a", "b"], rows: [["1", "2"]] });
  expect((await readCsv(Uint8Array.of(0x61, 0x0a, 0xe4), { encoding: "windows-1252" })).rows).toEqual([["ä"]]);
});

test("decimal commas", async () => {
  const text = "a;b\n1,5;-1.234.567,25\n,5;+2,\n1.000;1,5e3\n1.5;1,2,3\n12;1.23,4\n2,5 kg;a,b\n";
  const rows = [["1.5", "-1234567.25"], [".5", "+2."], ["1000", "1.5e3"], ["1.5", "1,2,3"], ["12", "1.23,4"], ["2,5 kg", "a,b"]];
  expect((await readCsv(text, { decimal: "," })).rows).toEqual(rows);
  expect((await readCsv(text)).rows[0]).toEqual(["1,5", "-1.234.567,25"]);
  expect((await readCsv('a,b\n"1,5",x\n', { decimal: "," })).rows).toEqual([["1.5", "x"]]);
});

describe("refuses", () => {
  test.each<[string, () => Promise<unknown>, string, RegExp]>([
    ["no text", () => readCsv(5 as never), "type", /^csv: expected text, bytes, a Blob, a stream or an iterable of text or bytes, got 5/],
    ["pieces of something else", () => readCsv([1] as never), "type", /^csv: expected pieces that are text or bytes/],
    ["an empty file", () => readCsv(""), "empty", /^csv: expected rows of cells, got an empty file/],
    ["a row that is too long", () => readCsv("a,b\n1,2\n\n1,2,3\n"), "file", /^csv: line 4: expected 2 cells, as the first row has, got 3/],
    ["an open quote", () => readCsv('a,b\n1,"2\n3,4\n'), "file", /^csv: line 2: a quote is opened and never closed/],
    ["text behind a quote", () => readCsv('a,b\n1,"2"3\n'), "file", /^csv: line 2: a quoted cell goes on/],
    ["a quote that swallows the file", async () => { for await (const _ of streamCsv(function* () { yield 'a\n"'; for (let n = 0; n < 200; n++) yield "x\n".repeat(50_000); }()));}, "file", /^csv: line 2: a quote is opened/],
    ["bytes of another encoding", () => readCsv(Uint8Array.of(0x61, 0xe4, 0x0a)), "file", /^csv: its bytes are no utf-8 text; name its encoding/],
    ["an encoding that nobody knows", () => readCsv(Uint8Array.of(0x61), { encoding: "klingon" }), "unknown", /^options\.encoding: this runtime knows no encoding "klingon"/],
    ["gzip that is cut off", () => readCsv(gzipSync("a,b\n1,2\n".repeat(99)).subarray(0, -6)), "file", /^csv: its gzip is damaged or cut off/],
    ["a delimiter of two characters", () => readCsv("a", { delimiter: "::" }), "type", /^options\.delimiter: expected one character/],
    ["a decimal mark that is none", () => readCsv("a", { decimal: ";" as never }), "unknown", /^options\.decimal: expected one of \., ,, got ";"/],
    ["a mark as the delimiter", () => readCsv("a", { delimiter: "\ufeff" }), "type", /^options\.delimiter: expected one character/],
    ["text within gzip", () => readCsv([gzipSync("a,b\n1,2\n").subarray(0, 15), "a,b"]), "type", /^csv: expected more bytes, as gzip began, got text/],
    ["a misspelt option", () => readCsv("a", { delimeter: "," } as CsvOptions), "unknown", /^options\.delimeter: no such option/],
    ["rows of readCsv", () => readCsv("a", { rows: 1 } as CsvOptions), "unknown", /^options\.rows: no such option/],
    ["no rows a table", async () => { for await (const _ of streamCsv("a\n1", { rows: 0 })); }, "range", /^options\.rows/],
  ])("%s", async (_, read, code, words) => {
    const error = await refused(read as () => Promise<unknown>);
    expect(error.message).toMatch(words);
    expect(error.code).toBe(code);
  });

  test("and what the source throws comes as it is", async () => {
    const failure = new Error("the disk is gone");
    const source = async function* () {
      yield gzipSync("a,b\n1,2\n").subarray(0, 15);
      throw failure;
    };
    await expect(readCsv(source())).rejects.toBe(failure);
  });
});
