import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { binarise, otsu } from "../../examples/ocr/find/binarise";
import { cutsOf } from "../../examples/ocr/find/cuts";
import { linesOf, wordsOf } from "../../examples/ocr/find/lines";
import { findLines } from "../../examples/ocr/find/page";
import { components, type Shape, shapeOf } from "../../examples/ocr/find/shape";
import { randomNumbers } from "../../examples/support/random";

interface Fixture {
  components: { width: number; height: number; rows: string[]; shapes: number[][] }[];
  otsu: { counts: number[]; thresholds: number[] }[];
}
const fixture = JSON.parse(readFileSync(new URL("../fixtures/golden/ocr.json", import.meta.url), "utf8")) as Fixture;

/** A page of one grey with boxes of another, and noise. */
function page(width: number, height: number, paper: (x: number, y: number) => number, boxes: readonly number[][], ink: number, noise = 0) {
  const random = randomNumbers(3);
  const pixels = Uint8Array.from({ length: width * height }, (_, p) => {
    const [x, y] = [p % width, Math.floor(p / width)];
    const isInk = boxes.some(([left, top, right, bottom]) => x >= left && x < right && y >= top && y < bottom);
    return Math.min(255, Math.max(0, paper(x, y) * (isInk ? ink : 1) + noise * (2 * random() - 1)));
  });
  return { width, height, pixels };
}
const box = (left: number, top: number, right: number, bottom: number): Shape => (
  shapeOf(Array.from({ length: bottom - top }, (_, y) => ({ y: top + y, start: left, end: right })))
);
const corners = ({ left, top, right, bottom }: Shape) => [left, top, right, bottom];

describe("ink and paper", () => {
  it.each(fixture.otsu.map((each, n) => ({ ...each, n })))("are told apart at Otsu's threshold: histogram $n", ({ counts, thresholds }) => {
    // Of several that are equally good, the middle one.
    expect(otsu(counts)).toBe(Math.floor((thresholds[0] + thresholds[thresholds.length - 1]) / 2));
  });

  it("are told apart where the paper in the shade is as dark as ink in the light", () => {
    const light = (x: number) => 240 - 170 * (x / 600);
    const boxes = [[30, 100, 40, 140], [300, 100, 310, 140], [560, 100, 570, 140]];
    const image = page(600, 300, light, boxes, 0.3, 4);
    expect(light(570)).toBeLessThan(0.35 * light(30));
    const mask = binarise(image)!;
    expect(components(mask).map(corners)).toEqual(boxes);
  });

  it("may be light on dark", () => {
    const boxes = [[50, 50, 60, 90], [200, 50, 206, 90]];
    const dark = page(300, 200, () => 40, boxes, 5, 6);
    expect(components(binarise(dark)!).map(corners)).toEqual(boxes);
  });

  it.each([
    ["white", 255, 0], ["black", 0, 0], ["grey", 128, 0], ["noisy", 200, 12], ["noisy and dark", 40, 12],
  ])("nothing is ink on an empty page: %s", (_, grey, noise) => {
    expect(binarise(page(300, 200, () => grey, [], 1, noise))).toBeUndefined();
    expect(findLines(page(300, 200, () => grey, [], 1, noise))).toEqual([]);
  });

  it("a page of one pixel is empty", () => {
    expect(binarise({ width: 1, height: 1, pixels: Uint8Array.of(7) })).toBeUndefined();
  });
});

describe("components", () => {
  it.each(fixture.components.map((each, n) => ({ ...each, n })))("are those of scipy.ndimage.label: mask $n", ({ width, height, rows, shapes }) => {
    const found = components({ width, height, pixels: Uint8Array.from(rows.join(""), Number) });
    const sorted = (list: number[][]) => list.map((each) => each.join(" ")).sort();
    expect(sorted(found.map((shape) => [...corners(shape), shape.area]))).toEqual(sorted(shapes));
  });
});

describe("reading order", () => {
  /** 5 lines of 12 boxes each, rising or falling by a share of the way, in any order. */
  const grid = (slope: number) => {
    const random = randomNumbers(11);
    const boxes = Array.from({ length: 60 }, (_, n) => {
      const left = 40 + (n % 12) * 60;
      const top = Math.round(100 + Math.floor(n / 12) * 55 + slope * left + 6 * random());
      return box(left, top, left + 20, top + 30);
    });
    return { boxes, shuffled: [...boxes].sort((a, b) => (a.left * 7 + a.top * 13) % 31 - (b.left * 7 + b.top * 13) % 31) };
  };

  it.each([0, 0.08, -0.08])("is line by line, from left to right: slope %d", (slope) => {
    const { boxes, shuffled } = grid(slope);
    // Over the page, a line falls by more than the distance between two.
    if (slope !== 0) expect(Math.abs(slope) * 11 * 60).toBeGreaterThan(50);
    expect(linesOf(shuffled, 30).flat().map(corners)).toEqual(boxes.map(corners));
  });

  it("puts a loose piece on the line that it is over", () => {
    const lines = linesOf([box(10, 10, 30, 40), box(12, 2, 20, 6), box(10, 70, 30, 100), box(40, 72, 60, 100)], 30);
    expect(lines.map((line) => line.map(corners))).toEqual([[[10, 10, 30, 40], [12, 2, 20, 6]], [[10, 70, 30, 100], [40, 72, 60, 100]]]);
  });

  it("parts words at wide gaps", () => {
    const line = [box(0, 0, 20, 30), box(25, 0, 45, 30), box(70, 0, 90, 30), box(91, 0, 100, 30)];
    expect(wordsOf(line, 30).map((word) => word.length)).toEqual([2, 2]);
  });
});

describe("characters", () => {
  it("are whole again where a stroke is broken, and free of specks", () => {
    const boxes = [[50, 60, 60, 75], [52, 77, 62, 92], [100, 60, 110, 92], [150, 20, 151, 21], [130, 60, 140, 92]];
    const [{ words }] = findLines(page(300, 200, () => 230, boxes, 0.2));
    expect(words.flat().map(corners)).toEqual([[50, 60, 62, 92], [100, 60, 110, 92], [130, 60, 140, 92]]);
  });

  it("are one where a stroke is broken in the middle, and make no line of their own", () => {
    const upper = [[60, 60, 74, 79], [160, 58, 174, 76]];
    const lower = [[60, 81, 74, 100], [160, 79, 174, 98]];
    const whole = [[90, 60, 100, 100], [120, 60, 130, 100], [190, 60, 200, 100]];
    const below = [[60, 114, 74, 154], [90, 114, 100, 154], [120, 114, 130, 154]];
    const image = page(300, 220, () => 230, [...upper, ...lower, ...whole, ...below], 0.2);
    expect(findLines(image).map(({ words }) => words.flat().map(corners))).toEqual([
      [[60, 60, 74, 100], [90, 60, 100, 100], [120, 60, 130, 100], [160, 58, 174, 98], [190, 60, 200, 100]], below,
    ]);
  });

  it("are not frames and rules", () => {
    const frame = [[5, 5, 495, 8], [5, 5, 8, 195], [492, 5, 495, 195], [5, 192, 495, 195]];
    const letters = Array.from({ length: 20 }, (_, n) => [40 + n * 21, 60, 52 + n * 21, 80]);
    const image = page(500, 200, () => 230, [...frame, [20, 110, 480, 112], ...letters], 0.2);
    expect(findLines(image).map(({ words }) => words.flat().map(corners))).toEqual([letters]);
  });

  it("that touch are proposed to be cut where they do, without losing ink", () => {
    const touching = shapeOf([...box(0, 0, 14, 30).runs, ...box(14, 20, 17, 22).runs, ...box(17, 0, 33, 30).runs]);
    const [[left, right]] = cutsOf(touching, 30);
    expect(left.right).toBeGreaterThanOrEqual(14);
    expect(left.right).toBeLessThanOrEqual(17);
    expect(left.area + right.area).toBe(touching.area);
    expect(cutsOf(box(0, 0, 10, 30), 30)).toEqual([]);
  });
});
