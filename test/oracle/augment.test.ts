import { expect, test } from "vitest";
import { Augment, AugmentNumbers, BORDER, AUGMENT_WORDS, Op } from "../../assembly/records";
import { record } from "../../src/plan/record";
import { splitSeed } from "../../src/core/seed";
import { stride } from "../support/denseShapes";
import { edges, finiteValues, ordinary, special, type Values, wide } from "../support/numbers";
import { Oracle } from "../support/oracle";

const oracle = await Oracle.create();

/** All tails of a vector, single pixels, rows and columns, and a border whose floats are no whole vectors. */
const SHAPES = [[1, 1, 1], [1, 1, 7], [1, 7, 1], [2, 3, 2], [1, 4, 4], [3, 5, 3], [1, 6, 5], [2, 4, 6], [4, 2, 9], [1, 28, 28], [3, 17, 13]];
const kinds: Record<string, Values> = { ...finiteValues, wide, edges, special };
const [seedLow, seedHigh] = splitSeed(0x1f234589abcdef);

/** How far images go: not at all, in one way, in all ways, and as far as options allow. */
const NUMBERS: Partial<Record<keyof typeof AugmentNumbers, number>>[] = [
  {},
  { rotate: 0.3 },
  { scale: 0.2, fill: -1 },
  { shear: 0.4 },
  { shiftX: 3.3, shiftY: 1.7, fill: 0.5 },
  { flipX: 1 },
  { flipX: 1, flipY: 1 },
  { rotate: 0.2, scale: 0.1, shear: 0.1, shiftX: 2, shiftY: 2, flipX: 1, displacement: 1.4 },
  { displacement: 1.4, fill: 2 },
  { displacement: 1e6 },
  { rotate: Math.PI, scale: 1 - 2 ** -53, shear: Math.PI / 2 - 2 ** -52, shiftX: 1e6, shiftY: 1e6, fill: 1e18 },
  { rotate: NaN, shiftX: Infinity, displacement: Infinity },
];

/** Weights of splines are any numbers here, and controls any that the grid has. */
function splines(length: number, controls: number): number[] {
  return Array.from({ length }, (_, n) => [
    Math.min(controls - 4, Math.floor((n * (controls - 3)) / length)), ...Array.from({ length: 4 }, () => oracle.numbers.uniform(-0.1, 0.7)),
  ]).flat();
}

function constants(values: readonly number[]): number {
  const address = oracle.reserve(values.length * 2);
  values.forEach((value, n) => oracle.setConstant(address, n, value));
  return address;
}

test("the core equals the reference bit for bit in Augment, and leaves padding and neighbours alone", () => {
  let n = 0;
  for (const [channels, height, width] of SHAPES) {
    for (const values of Object.values(kinds)) {
      for (const given of NUMBERS) {
        n++;
        const isLarge = height * width > 200;
        if (isLarge && values !== ordinary && n % 3 > 0) continue;
        const rows = isLarge ? [1, 9][n % 2] : [1, 2, 5, 19][n % 4];
        const cols = channels * height * width, ldx = stride(cols, n % 3);
        const [gridRows, gridCols] = given.displacement ? [4 + (n % 3), 4 + (n % 5)] : [0, 0];
        oracle.clear();
        oracle.setState({ rows, pass: [0, 1, 77, 2 ** 32 - 1, 2 ** 32 + 5][n % 5] });
        const numbers: number[] = Array<number>(9).fill(0);
        for (const [name, value] of Object.entries(given)) numbers[AugmentNumbers[name as keyof typeof AugmentNumbers]] = value;
        const image = Math.ceil((channels * (height + BORDER) * (width + BORDER)) / 4) * 4;
        const { differences } = oracle.run([record(Op.Augment, Augment, {
          x: oracle.matrix(rows, cols, ldx, values), ldx, channels, height, width, numbers: constants(numbers),
          splines: given.displacement ? constants([...splines(width, gridCols), ...splines(height, gridRows)]) : 0, gridRows, gridCols,
          room: oracle.scratch(AUGMENT_WORDS + image + 2 * gridRows * (gridCols + Math.ceil(width / 4) * 4)),
          seedLow, seedHigh, stream: n % 2 === 0 ? 0xc0000000 : 0xffffffff,
        })], 2);
        expect({ channels, height, width, rows, given, differences }).toEqual({ channels, height, width, rows, given, differences: [] });
      }
    }
  }
});
