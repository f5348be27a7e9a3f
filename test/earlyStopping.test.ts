import { describe, expect, test } from "vitest";
import { type EarlyStoppingOptions, resolveEarlyStopping } from "../src/training/earlyStopping";
import { refused } from "./support/refusals";

const has = { validation: true, accuracy: true };
const none = { validation: false, accuracy: false };

/** Feeds the values, and tells after which epochs there is a new best one, and where training ends. */
function follow(options: EarlyStoppingOptions, values: number[]) {
  const stopping = resolveEarlyStopping("options.earlyStopping", options, has)!;
  let { start: state } = stopping;
  const improved: number[] = [];
  for (const [n, value] of values.entries()) {
    const epoch = n + 1;
    const report = { epoch, loss: value, validation: { loss: value, accuracy: value } };
    const before = JSON.stringify(state);
    const seen = stopping.observe(state, report);
    expect(JSON.stringify(state)).toBe(before);
    // As a file would hold it.
    state = JSON.parse(JSON.stringify(seen.state));
    if (seen.improved) improved.push(epoch);
    if (seen.stop) return { improved, stop: epoch, state };
  }
  return { improved, stop: undefined, state };
}

describe("training ends", () => {
  test("after so many epochs in a row without a better value", () => {
    const values = [5, 4, 4.5, 4.2, 3, 3.5, 3.1, 3, 2];
    expect(follow({ patience: 3 }, values)).toEqual({ improved: [1, 2, 5], stop: 8, state: { best: 3, bestEpoch: 5, wait: 3 } });
    expect(follow({ patience: 4 }, values)).toEqual({ improved: [1, 2, 5, 9], stop: undefined, state: { best: 2, bestEpoch: 9, wait: 0 } });
  });

  test.each([0, 1])("at the first that isn't better where the patience is %i", (patience) => {
    expect(follow({ patience }, [2, 1, 1, 0])).toEqual({ improved: [1, 2], stop: 3, state: { best: 1, bestEpoch: 2, wait: 1 } });
  });

  test("by default after five", () => {
    expect(follow({}, [1, 2, 2, 2, 2, 2, 2]).stop).toBe(6);
  });

  test("also where the gain is too small", () => {
    const values = [1, 0.95, 0.91, 0.89, 0.88];
    expect(follow({ patience: 2, minDelta: 0.1 }, values)).toMatchObject({ improved: [1], stop: 3 });
    expect(follow({ patience: 3, minDelta: 0.1 }, values)).toMatchObject({ improved: [1, 4], stop: undefined });
  });

  test("where an accuracy no longer grows", () => {
    const monitor = "validationAccuracy";
    expect(follow({ monitor, patience: 2 }, [0.5, 0.6, 0.6, 0.55])).toMatchObject({ improved: [1, 2], stop: 4 });
    expect(follow({ monitor, patience: 2, minDelta: 0.05 }, [0.5, 0.54, 0.56, 0.6, 0.6])).toMatchObject({ improved: [1, 3], stop: 5 });
    expect(follow({ monitor, patience: 2 }, [0, 0, 0])).toMatchObject({ improved: [1], stop: 3 });
  });

  test("where values are no numbers, which are never better", () => {
    expect(follow({ patience: 2 }, [NaN, NaN, 1])).toMatchObject({ improved: [], stop: 2, state: { best: null, bestEpoch: 0 } });
    expect(follow({ patience: 2 }, [1, NaN, 0.5, NaN, -Infinity])).toMatchObject({ improved: [1, 3], stop: 5 });
    expect(follow({ patience: 2 }, [Infinity, 3, NaN])).toMatchObject({ improved: [2], stop: undefined });
  });
});

describe("what is watched", () => {
  test("is the validation's loss, or that of the training where there is no validation", () => {
    expect(resolveEarlyStopping("o", true, has)).toMatchObject({ monitor: "validationLoss", restoreBest: true });
    expect(resolveEarlyStopping("o", true, none)).toMatchObject({ monitor: "loss" });
    expect(resolveEarlyStopping("o", { monitor: "loss", restoreBest: false }, has)).toMatchObject({ monitor: "loss", restoreBest: false });
    for (const option of [undefined, false]) expect(resolveEarlyStopping("o", option, has)).toBeUndefined();
  });

  test("is missing in an epoch whose validation was aborted: that is not better", () => {
    const stopping = resolveEarlyStopping("o", { patience: 3 }, has)!;
    const first = stopping.observe(stopping.start, { epoch: 1, loss: 1, validation: { loss: 1 } });
    expect(stopping.observe(first.state, { epoch: 2, loss: 0 })).toEqual({ state: { best: 1, bestEpoch: 1, wait: 1 }, improved: false, stop: false });
  });
});

describe("is refused, by name:", () => {
  const wrong: [option: unknown, given: typeof has, code: string, says: RegExp][] = [
    [null, has, "type", /^o: expected an object, got null/],
    [3, has, "type", /^o: expected an object, got 3/],
    [{ patience: -1 }, has, "range", /^o\.patience: expected a whole number, at least 0, got -1/],
    [{ patience: 1.5 }, has, "range", /^o\.patience: /],
    [{ patience: null }, has, "type", /^o\.patience: /],
    [{ minDelta: -0.1 }, has, "range", /^o\.minDelta: /],
    [{ minDelta: "1" }, has, "type", /^o\.minDelta: /],
    [{ restoreBest: 1 }, has, "type", /^o\.restoreBest: expected true or false, got 1/],
    [{ monitor: "val_loss" }, has, "unknown", /^o\.monitor: expected one of loss, validationLoss, validationAccuracy, got "val_loss"/],
    [{ restoreBestWeights: true }, has, "unknown", /^o\.restoreBestWeights: no such option; there are monitor, patience, minDelta, restoreBest/],
    [{ monitor: "validationLoss" }, none, "conflict", /^o\.monitor: validationLoss needs validation data/],
    [{ monitor: "validationAccuracy" }, { validation: true, accuracy: false }, "conflict", /^o\.monitor: validationAccuracy needs a loss that has an accuracy/],
  ];
  test.each(wrong)("%j", async (option, given, code, says) => {
    const error = await refused(() => resolveEarlyStopping("o", option, given));
    expect(error.message).toMatch(says);
    expect(error.code).toBe(code);
  });
});
