import { describe, expect, it } from "vitest";
import { mistakesIn, outputOf, samplesOf } from "./support/samples";

// The programs of README.md, as they stand there.

const { folder, samples: programs } = samplesOf("README.md");

describe("README.md", () => {
  it("has three programs", () => {
    expect(programs).toHaveLength(3);
  });

  it("learns XOR", async () => {
    const numbers = (await outputOf(programs[0], folder)).match(/\d\.\d+(e-\d+)?/g)!.map(Number);
    expect(numbers.map(Math.round)).toEqual([0, 1, 1, 0]);
    for (const [n, target] of [0, 1, 1, 0].entries()) expect(Math.abs(numbers[n] - target)).toBeLessThan(0.05);
  });

  it("learns a spiral, and prints what it says", async () => {
    const [ended, numbers, shape, error] = (await outputOf(programs[1], folder)).trim().split("\n");
    expect(ended).toMatch(/^completed \{ loss: 0\.\d+, accuracy: (1|0\.9\d*) \}$/);
    expect(Number(numbers.split(" ")[1])).toBeLessThan(1e-6);
    expect(shape).toBe("[ 32, 2 ]");
    expect(error).toBe("shape x[0]: expected a row of 2 numbers, got 3");
  });

  it("learns to tell bars in images, stopped and continued, and anew with another head", async () => {
    const [ended, evaluation] = (await outputOf(programs[2], folder)).trim().split("\n");
    expect(ended).toMatch(/^(completed|earlyStopped) \{ epoch: \d+, value: 0\.\d+ \}$/);
    expect(Number(/accuracy: ([\d.]+)/.exec(evaluation)![1])).toBeGreaterThan(0.9);
  });

  it("is correct TypeScript", async () => {
    expect(await mistakesIn(programs)).toBe("");
  });
});
