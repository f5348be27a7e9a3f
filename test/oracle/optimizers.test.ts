import { describe, expect, test } from "vitest";
import {
  CHUNK, DenseUpdate, DEPTH_BLOCK, Op, Optimize, Optimizer, PACK, PACK_ROWS, PACKED_PANELS, PANEL, State,
} from "../../assembly/records";
import { record } from "../../src/plan/record";
import { largeShapes, type Shape, shapesOf, stride } from "../support/denseShapes";
import { flushed, mixed, ordinary, sparse, tiny, type Values } from "../support/numbers";
import { Oracle, padTo } from "../support/oracle";

const oracle = await Oracle.create(1 << 24);

const kinds = Object.keys(Optimizer).filter((key) => Number.isNaN(Number(key))) as (keyof typeof Optimizer)[];
const STEPS = 3;
const advance = record(Op.Advance, {}, {});
const zero: Values = () => 0;

const penalties = {
  "without penalties": {},
  "with l1": { l1: 0.01 },
  "with l2": { l2: 0.1 },
  "with weight decay": { weightDecay: 0.03 },
  "with all penalties": { l1: 0.002, l2: 0.05, weightDecay: 0.01 },
};

function setHyperparameters(penalty: Partial<Record<keyof typeof State, number>>): void {
  oracle.setState({ learningRate: 0.0123, momentum: 0.87, beta2: 0.993, epsilon: 1e-8, ...penalty });
}

describe.each(kinds)("the core's %s equals the reference bit for bit", (name) => {
  /** Three steps with the same gradients, over `decayed` weights and `rest` parameters without penalty. */
  function differences(decayed: number, rest: number, w: Values, g: Values, penalty: object): string[] {
    oracle.clear();
    setHyperparameters(penalty);
    const count = decayed + rest;
    const optimize = record(Op.Optimize, Optimize, {
      kind: Optimizer[name], w: oracle.vector(count, w), g: oracle.vector(count, g),
      slot1: oracle.vector(count, zero), slot2: oracle.vector(count, zero), decayed, count,
    });
    const { differences } = oracle.run([advance, optimize], STEPS);
    expect(oracle.stateOf(State.step)).toBe(STEPS);
    return differences;
  }

  test.each(Object.entries(penalties))("%s, over three steps and all splits", (_title, penalty) => {
    for (const [decayed, rest] of [[32, 8], [32, 0], [64, 24], [96, 16], [0, 8], [0, 40], [0, 0], [4128, 520]]) {
      expect(differences(decayed, rest, ordinary, ordinary, penalty)).toEqual([]);
    }
  });

  test("for numbers and squares around the flush rule, and for mixed ones", () => {
    for (const penalty of [penalties["without penalties"], penalties["with all penalties"]]) {
      expect(differences(1024, 256, tiny, tiny, penalty)).toEqual([]);
      expect(differences(1024, 256, mixed, mixed, penalty)).toEqual([]);
      expect(differences(64, 8, zero, zero, penalty)).toEqual([]);
    }
  });
});

describe.each(kinds)("DenseUpdate by %s equals the reference bit for bit", (name) => {
  function expectEqual({ rows, inputs, outputs, gap }: Shape, values: Values, penalty: object, x = values): void {
    oracle.clear();
    setHyperparameters(penalty);
    oracle.setState({ rows });
    const weights = padTo(PANEL, outputs) * padTo(4, inputs);
    const update = record(Op.DenseUpdate, DenseUpdate, {
      // Weights are flushed wherever they are written.
      w: oracle.panels(inputs, outputs, flushed(values)), dbias: gap === 1 ? 0 : oracle.vector(outputs, ordinary),
      x: oracle.matrix(rows, inputs, stride(inputs, gap), x), ldx: stride(inputs, gap),
      dz: oracle.matrix(rows, outputs, stride(outputs, gap), values), lddz: stride(outputs, gap), inputs, outputs,
      pack: rows < PACK_ROWS && gap === 0 ? 0 : oracle.scratch(PACKED_PANELS / 4 + PACK),
      chunk: oracle.scratch(Math.min(CHUNK, weights)), kind: Optimizer[name],
      slot1: oracle.panels(inputs, outputs, zero), slot2: oracle.panels(inputs, outputs, zero),
    });
    const { differences } = oracle.run([advance, update], STEPS);
    expect({ rows, inputs, outputs, differences }).toEqual({ rows, inputs, outputs, differences: [] });
  }

  test.each([1, 2, 7, 33, 64])("for %i rows of every width", (rows) => {
    const options = Object.values(penalties);
    shapesOf(rows).filter((_, n) => (n + rows) % 3 === Optimizer[name] % 3).forEach((shape, n) => {
      expectEqual(shape, ordinary, options[n % options.length]);
    });
  });

  test("of single rows where most inputs are zero", () => {
    for (const inputs of [31, 32, 33, 64, 65, 130, 784]) {
      for (const outputs of [1, 8, 9, 33]) {
        for (const share of [0, 0.1, 0.7, 0.8]) {
          expectEqual({ rows: 1, inputs, outputs, gap: 1 }, mixed, penalties["without penalties"], sparse(share));
        }
      }
    }
  });

  test("for as many rows and weights as need several blocks, and for tiny numbers", () => {
    for (const shape of largeShapes.filter(({ rows }) => rows <= DEPTH_BLOCK)) expectEqual(shape, ordinary, penalties["with l2"]);
    expectEqual({ rows: 5, inputs: 35, outputs: 33, gap: 0 }, tiny, penalties["with all penalties"]);
  });
});
