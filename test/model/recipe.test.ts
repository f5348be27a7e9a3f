import { describe, expect, test } from "vitest";
import { type Cell, type Table, TableEncoder } from "deltawasm/data";
import { recipe, type RecipeQuestion } from "deltawasm/model";
import { chooseDecay } from "../../src/model/trial";
import { SeededNumbers } from "../support/numbers";

const question: RecipeQuestion = { task: "classification", rows: 100, inputs: 4, outputs: 3 };

describe("the recipe", () => {
  test("takes more steps for more rows, and less decay", () => {
    const sizes = [2, 100, 400, 1000, 10_000, 1_000_000].map((rows) => {
      const { fit, trainer } = recipe({ ...question, rows });
      const { weightDecay } = trainer.optimizer as { weightDecay: number };
      return { steps: fit.epochs! * Math.ceil(rows / fit.batchSize!), weightDecay };
    });
    for (const [n, { steps, weightDecay }] of sizes.entries()) {
      expect(steps).toBeGreaterThanOrEqual(500);
      expect(weightDecay).toBeGreaterThan(0);
      expect(weightDecay).toBeLessThanOrEqual(n === 0 ? 1 : sizes[n - 1].weightDecay);
    }
    expect(sizes.at(-1)!.steps).toBeGreaterThan(10 * sizes[0].steps);
  });

  test("lets its schedule end with its last step, however many there are", () => {
    for (const change of [{}, { epochs: 7 }, { batchSize: 13 }, { rows: 1, epochs: 1 }]) {
      const { fit, trainer } = recipe({ ...question, ...change });
      expect((trainer.schedule as { steps: number }).steps).toBe(fit.epochs! * Math.ceil(({ ...question, ...change }).rows / fit.batchSize!));
    }
  });

  test("ends with a softmax over classes, or with one number", () => {
    expect(recipe(question).spec.layers.at(-1)).toMatchObject({ units: 3, activation: "softmax" });
    expect(recipe({ ...question, task: "regression", outputs: 1 }).spec.layers.at(-1)).toMatchObject({ units: 1, activation: "linear" });
    expect(recipe({ ...question, task: "regression", outputs: 1 }).trainer.loss).toBe("meanSquaredError");
  });
});

describe("a trial", () => {
  /** A number that follows from two others, with noise. */
  function table(noise: number, rows = 1200): Table {
    const numbers = new SeededNumbers(6);
    const cells = () => {
      const x = Array.from({ length: 12 }, () => numbers.uniform(-1, 1));
      return [...x, 2 * x[0] * x[1] + x[2] + noise * (numbers.uniform(-1, 1) + numbers.uniform(-1, 1))] as Cell[];
    };
    return { columns: [...Array.from({ length: 12 }, (_, n) => `x${n}`), "y"], rows: Array.from({ length: rows }, cells) };
  }

  async function decayOf(data: Table): Promise<number> {
    const encoder = TableEncoder.fit(data, { target: "y" });
    const { x, y } = encoder.encodeData(data);
    return chooseDecay({ x, y }, { task: "regression", rows: y.length, inputs: encoder.inputs, outputs: 1 }, undefined);
  }

  test("takes little decay for a table with little noise, much for one with much", async () => {
    expect(await decayOf(table(0.01))).toBe(0.5);
    expect(await decayOf(table(3))).toBe(2);
  });

  test("is left out for a short table", async () => {
    expect(await decayOf(table(0.01, 300))).toBe(2);
  });
});
