import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { mistakesIn, outputOf, patternOf, samplesOf } from "./support/samples";

const root = join(import.meta.dirname, "..");
const guide = readdirSync(join(root, "docs/guide")).filter((name) => name.endsWith(".md")).map((name) => `docs/guide/${name}`);
const pages = ["README.md", "CONTRIBUTING.md", "docs/README.md", "docs/architecture.md", "docs/numerics.md", ...guide];

describe.each(guide)("%s", (page) => {
  const { folder, samples } = samplesOf(page);

  it("is correct TypeScript", async () => {
    expect(await mistakesIn(samples)).toBe("");
  });

  // In their order: a sample may read what one above it has written.
  it.each(samples.map((sample, n) => ({ ...sample, number: n + 1 })))("sample $number runs, and prints what the page says", async (sample) => {
    const lines = (await outputOf(sample, folder)).trimEnd().split("\n").map((line) => line.trimEnd()).join("\n");
    if (sample.output !== undefined) expect(lines).toMatch(patternOf(sample.output));
  });
});

it.each(pages)("%s links to files that are there", (page) => {
  const targets = [...readFileSync(join(root, page), "utf8").matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g)].map(([, target]) => target);
  expect(targets.filter((target) => !existsSync(join(root, dirname(page), target)))).toEqual([]);
});
