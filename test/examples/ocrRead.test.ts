import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readDigits, split } from "../../examples/digits/data";
import { shapeOf } from "../../examples/ocr/find/shape";
import { type Grey, readPng, writeGreyPng } from "../../examples/ocr/page/image";
import { type Page, renderPage } from "../../examples/ocr/page/render";
import { createReader, loadReader, type Reader, saveReader, train } from "../../examples/ocr/read/network";
import { BOX, FIELD, normalise } from "../../examples/ocr/read/normalise";
import { readPage } from "../../examples/ocr/read/read";
import { samplesOf } from "../../examples/ocr/read/samples";
import { align, scoreOf } from "../../examples/ocr/read/score";
import { Mistake } from "../../examples/support/program";
import { randomNumbers } from "../../examples/support/random";
import { png, type PngKind } from "../support/png";

const folder = mkdtempSync(join(tmpdir(), "deltawasm-ocr-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const characters = (text: string) => [...text].map((character) => ({ text: character }));

describe("a normalised character", () => {
  const boxOf = (field: Float32Array) => {
    const lit = [...field.keys()].filter((p) => field[p] > 1e-6);
    const [xs, ys] = [lit.map((p) => p % FIELD), lit.map((p) => Math.floor(p / FIELD))];
    return [Math.min(...xs), Math.min(...ys), Math.max(...xs) + 1, Math.max(...ys) + 1];
  };
  const block = (left: number, top: number, width: number, height: number) => (
    Array.from({ length: height }, (_, y) => ({ y: top + y, start: left, end: left + width }))
  );
  const edge = (FIELD - BOX) / 2;

  it.each([1, 5, 16, 160])("fits into the box: a square of %d pixels", (size) => {
    const field = normalise(shapeOf(block(100, 30, size, size)));
    expect(boxOf(field)).toEqual([edge, edge, edge + BOX, edge + BOX]);
    field.forEach((ink) => expect(ink === 0 || Math.abs(ink - 1) < 1e-5).toBe(true));
  });

  it("keeps its aspect", () => {
    const field = normalise(shapeOf(block(7, 7, 8, 32)));
    expect(boxOf(field)).toEqual([FIELD / 2 - BOX / 8, edge, FIELD / 2 + BOX / 8, edge + BOX]);
  });

  it("has the centre of its mass in the middle, and as much ink as its scale gives", () => {
    // An L: 30 high and 20 wide.
    const shape = shapeOf([...block(0, 0, 12, 18), ...block(0, 18, 20, 12)]);
    const field = normalise(shape);
    const [mass, x, y] = [0, 1, 2].map((of) => field.reduce((sum, ink, p) => (
      sum + ink * [1, (p % FIELD) + 0.5, Math.floor(p / FIELD) + 0.5][of]
    ), 0));
    // Sums of 400 single precision numbers of about 1.
    expect(mass).toBeCloseTo(shape.area * (BOX / 30) ** 2, 3);
    // The centre of a pixel that is covered in part is at most half a pixel from that of its ink; along an edge this comes to far less.
    expect(Math.abs(x / mass - FIELD / 2)).toBeLessThan(0.05);
    expect(Math.abs(y / mass - FIELD / 2)).toBeLessThan(0.05);
  });

  it("stays in the field where its mass is at one end", () => {
    const shape = shapeOf([...block(0, 0, 60, 50), ...block(29, 50, 1, 150)]);
    const field = normalise(shape);
    expect(field.reduce((sum, ink) => sum + ink, 0)).toBeCloseTo(shape.area * (BOX / 200) ** 2, 3);
    expect(boxOf(field)[3]).toBe(FIELD);
  });
});

describe("an alignment", () => {
  /** Levenshtein's recursion, as it is defined. */
  const distance = (a: string, b: string): number => {
    if (a === "" || b === "") return a.length + b.length;
    if (a[0] === b[0]) return distance(a.slice(1), b.slice(1));
    return 1 + Math.min(distance(a.slice(1), b), distance(a, b.slice(1)), distance(a.slice(1), b.slice(1)));
  };

  it("has as few differences as there can be, and leaves nothing out", () => {
    const random = randomNumbers(5);
    const word = () => Array.from({ length: Math.floor(random() * 7) }, () => "abc"[Math.floor(random() * 3)]).join("");
    for (let n = 0; n < 200; n++) {
      const [is, read] = [word(), word()];
      const pairs = align(is, characters(read));
      expect(pairs.map(([character]) => character ?? "").join("")).toBe(is);
      expect(pairs.map(([, character]) => character?.text ?? "").join("")).toBe(read);
      expect(pairs.filter(([a, b]) => a !== b?.text)).toHaveLength(distance(is, read));
    }
  });

  it("is scored by what is replaced, missing and too many; spaces that are right don't count", () => {
    expect(scoreOf(align("12 34", characters("12 34")))).toEqual({ characters: 4, replaced: 0, missing: 0, additional: 0, accuracy: 1 });
    expect(scoreOf(align("12 34", characters("1234")))).toEqual({ characters: 4, replaced: 0, missing: 1, additional: 0, accuracy: 0.75 });
    expect(scoreOf(align("1234", characters("17345")))).toEqual({ characters: 4, replaced: 1, missing: 0, additional: 1, accuracy: 0.5 });
    expect(scoreOf(align("1", characters("222"))).accuracy).toBe(0);
  });
});

describe("pictures", () => {
  const grey = (kind: PngKind, samplesAt: (x: number, y: number) => number[]) => {
    const path = join(folder, "kind.png");
    writeFileSync(path, png(11, 3, kind, samplesAt));
    return readPng(path);
  };
  const ramp = (x: number) => x * 25;

  it.each<[string, PngKind, (x: number, y: number) => number[], (x: number) => number]>([
    ["grey", { bits: 8, colorType: 0 }, (x) => [ramp(x)], ramp],
    ["16 bits", { bits: 16, colorType: 0 }, (x) => [ramp(x) * 257], ramp],
    ["1 bit", { bits: 1, colorType: 0 }, (x) => [x & 1], (x) => (x & 1) * 255],
    ["a palette", { bits: 8, colorType: 3, palette: [0, 0, 0, 200, 200, 200] }, (x) => [x & 1], (x) => (x & 1) * 200],
    ["colours", { bits: 8, colorType: 2 }, (x) => [ramp(x), 0, 0], (x) => 0.299 * ramp(x)],
    ["alpha", { bits: 8, colorType: 6 }, (x) => [0, 0, 0, ramp(x)], (x) => 255 - ramp(x)],
    ["grey with alpha of 16 bits", { bits: 16, colorType: 4 }, (x) => [0, ramp(x) * 257], (x) => 255 - ramp(x)],
  ])("are read as shades of grey on white: %s", (_, kind, samplesAt, expected) => {
    const { width, height, pixels } = grey(kind, samplesAt);
    expect([width, height]).toEqual([11, 3]);
    // To the next whole level, and 16 bits may lose half of one more.
    pixels.forEach((value, p) => expect(Math.abs(value - expected(p % 11))).toBeLessThanOrEqual(1));
  });

  it("are the same after they were written", () => {
    const image: Grey = { width: 16, height: 16, pixels: Uint8Array.from({ length: 256 }, (_, p) => p) };
    const path = join(folder, "same.png");
    writeGreyPng(path, image);
    expect(readPng(path)).toEqual(image);
  });

  it.each([
    ["text", Buffer.from("not a picture, but a sentence about one"), /expected a PNG file$/],
    ["nothing", Buffer.alloc(0), /expected a PNG file$/],
    ["half a PNG", png(300, 300, { bits: 8, colorType: 0 }, (x, y) => [(x * y * 7919) % 251]).subarray(0, 3000), /the PNG is damaged: /],
    ["a gigantic PNG", png(1, 1, { bits: 8, colorType: 0 }, () => [0]).fill(0x7f, 16, 24), /expected at most 150 million pixels, got 2139062143 × 2139062143$/],
  ])("that are none are told: %s", (_, bytes, message) => {
    const path = join(folder, "bad.png");
    writeFileSync(path, bytes);
    expect(() => readPng(path)).toThrow(Mistake);
    expect(() => readPng(path)).toThrow(message);
  });
});

describe("a page of scans that the network has never seen", () => {
  let reader: Reader;
  let page: Page;
  const path = join(folder, "page.png");
  const accuracyOf = (file: string, by = reader) => scoreOf(align(page.text.join("\n"), readPage(by, readPng(file)))).accuracy;

  beforeAll(async () => {
    const { training, test } = split(readDigits(), 0.2, 1);
    reader = await createReader([..."0123456789"], 1);
    const silent = () => {};
    await train(reader, await samplesOf(training, 10, 12, 1, silent), 6, { onStep: silent, onEpoch: silent });
    page = renderPage(test, 1e9);
    writeGreyPng(path, page.image);
  }, 120_000);
  afterAll(() => reader.network.dispose());

  it("is read right to 97 % of its 300 characters and more", () => {
    expect(page.characters.length).toBeGreaterThanOrEqual(300);
    expect(page.text.join("").replaceAll(" ", "")).toBe(page.characters.map(({ label }) => label).join(""));
    expect(accuracyOf(path)).toBeGreaterThanOrEqual(0.97);
  });

  it("is read as well in white on black, and in colour on a transparent sheet", () => {
    const { width, height, pixels } = page.image;
    const at = (x: number, y: number) => pixels[y * width + x];
    const kinds: [PngKind, (x: number, y: number) => number[]][] = [
      [{ bits: 8, colorType: 0 }, (x, y) => [255 - at(x, y)]],
      [{ bits: 8, colorType: 6 }, (x, y) => [20, 20, 120, 255 - at(x, y)]],
    ];
    for (const [kind, samplesAt] of kinds) {
      const other = join(folder, "other.png");
      writeFileSync(other, png(width, height, kind, samplesAt));
      expect(accuracyOf(other)).toBeGreaterThanOrEqual(0.97);
    }
  });

  it("is read the same by a network from a file", async () => {
    const file = join(folder, "reader.safetensors");
    saveReader(file, reader);
    const loaded = await loadReader(file);
    expect(loaded.classes).toEqual(reader.classes);
    expect(readPage(loaded, page.image)).toEqual(readPage(reader, page.image));
    loaded.network.dispose();
  });

  it("may hold characters that touch", () => {
    const { image, pairs } = joinedPage();
    expect(pairs).toBeGreaterThan(25);
    // A pair that is read as one character is an error at least: all of them would leave less than 93 %.
    expect(1 - pairs / page.characters.length).toBeLessThan(0.93);
    expect(scoreOf(align(page.text.join("\n"), readPage(reader, image))).accuracy).toBeGreaterThanOrEqual(0.95);
  });

  /** The page, with every eighth character joined to the next of its word by a stroke. */
  function joinedPage(): { image: Grey; pairs: number } {
    const image = { ...page.image, pixels: page.image.pixels.slice() };
    const endsWord = [...page.text.join("\n").matchAll(/\d(?=(\d?))/g)].map(([, next]) => next === "");
    let pairs = 0;
    page.characters.forEach(({ box }, n) => {
      if (endsWord[n] || n % 8 !== 0) return;
      const { box: next } = page.characters[n + 1];
      const y = Math.round((Math.max(box.top, next.top) + Math.min(box.bottom, next.bottom)) / 2);
      for (let row = y; row < y + 2; row++) image.pixels.fill(60, row * image.width + box.right - 3, row * image.width + next.left + 3);
      pairs++;
    });
    return { image, pairs };
  }
});
