import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { augmentImages, type AugmentOptions } from "../src/index";

interface Case {
  shape: number[];
  options: AugmentOptions;
  seed: number;
  step: number;
  x: number[];
  expected: number[];
}

const cases = JSON.parse(readFileSync(new URL("fixtures/golden/augment.json", import.meta.url), "utf8")) as Case[];

/**
 * A place in an image is off by some roundings of 32-bit numbers below 2⁵, 2⁻²⁰ each, and a displacement of up to 15 pixels by the 4e-7 of
 * its normal numbers: 10⁻⁵ pixels at the most. From pixel to pixel numbers differ by 2 in each direction.
 */
const TOLERANCE = 4e-5;

test.each(cases.map((one) => ({ name: `${one.shape.join(" × ")} ${JSON.stringify(one.options)}`, one })))("$name gives scipy's images", async ({ one }) => {
  const { shape, options, seed, step, x, expected } = one;
  const images = await augmentImages(x, { shape, ...options }, { seed, step });
  expect(images.length).toBe(expected.length);
  const worst = expected.reduce((most, value, n) => Math.max(most, Math.abs(value - images[n])), 0);
  expect(worst).toBeLessThan(TOLERANCE);
  // What is compared has changed.
  expect(x.some((value, n) => Math.abs(value - expected[n]) > 0.05)).toBe(true);
});
