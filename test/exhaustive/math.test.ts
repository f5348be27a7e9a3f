import { describe, expect, it } from "vitest";
import { elementaryCases, floatToBits, loadMathKernels, twins, ulpError, type ElementaryCase } from "../support/elementary";

/*
 * Every elementary function on every one of the 2^32 floats: equal to the reference bit for bit, and within its bound
 * of the exact value. All functions are monotonic, so a block of consecutive floats at whose two ends the correctly
 * rounded value is the same has that value throughout: there the results are compared with it, and the exact value is
 * not computed each time. For odd functions the negative half is compared with the positive one instead.
 *
 * One function takes one to four minutes on one core; `-t tanh` runs one of them.
 */

const BLOCK = 1 << 20;
const BLOCKS = 2 ** 32 / BLOCK;
const memory = loadMathKernels(BLOCK);
const { input, inputBits, output, outputBits } = memory;

interface Outcome {
  /** Results that differ from the reference, and results of the wrong sign of an odd function. */
  mistakes: number;
  firstMistake: string;
  largest: number;
  where: number;
}

/** Fills the input with the floats of one block of bit patterns. */
function fill(block: number): void {
  for (let i = 0, first = block * BLOCK; i < BLOCK; i++) inputBits[i] = (first + i) | 0;
}

/**
 * A loop over the block, made anew for each function, from text: so the engine inlines the functions that it calls,
 * which makes it several times as fast. It returns how many places are wrong or how large the error is, and where.
 */
function loop(...lines: string[]): (scope: object) => [amount: number, index: number] {
  const names = "reference, exact, ulpError, flushes, input, output, outputBits, scratch, scratchBits";
  return new Function(`{ ${names} }`, lines.join("\n")) as (scope: object) => [number, number];
}

const differences = () => loop(
  "let count = 0, first = 0;",
  "for (let i = 0; i < input.length; i++) {",
  "  scratch[0] = reference(input[i]);",
  "  if (scratchBits[0] !== outputBits[i] && (output[i] === output[i] || scratch[0] === scratch[0]) && count++ === 0) first = i;",
  "}",
  "return [count, first];",
);

const largestError = () => loop(
  "let largest = 0, where = 0;",
  "for (let i = 0; i < input.length; i++) {",
  "  const error = ulpError(output[i], exact(input[i]), flushes);",
  "  if (error > largest) { largest = error; where = i; }",
  "}",
  "return [largest, where];",
);

/** Whether all results of the block are `value`, which may be NaN. */
function isConstant(value: number): boolean {
  if (Number.isNaN(value)) return output.every(Number.isNaN);
  const pattern = floatToBits(value);
  for (let i = 0; i < BLOCK; i++) if (outputBits[i] !== pattern) return false;
  return true;
}

/** The correctly rounded value that every float of the block has, or undefined. */
function constantValue(exact: (x: number) => number, flushes: boolean): number | undefined {
  const round = (x: number) => {
    const value = Math.fround(exact(x));
    return flushes && Math.abs(value) < 2 ** -126 ? 0 : value;
  };
  const [first, last] = [input[0]!, input[BLOCK - 1]!];
  if (Number.isNaN(last) && !Number.isNaN(first)) return undefined;
  const value = round(first);
  return value !== 0 && Object.is(value, round(last)) ? value : flushes && value === 0 && round(last) === 0 ? 0 : undefined;
}

function sweep({ name, kernel, flushes = false, odd = false }: ElementaryCase): Outcome {
  const { reference, exact } = twins(name);
  const scratch = new Float32Array(1);
  const scratchBits = new Int32Array(scratch.buffer);
  const scope = { reference, exact, ulpError, flushes, input, output, outputBits, scratch, scratchBits };
  const [compare, measure] = [differences(), largestError()];
  const outcome: Outcome = { mistakes: 0, firstMistake: "", largest: 0, where: 0 };
  const mistake = (count: number, what: string) => {
    if (count > 0 && outcome.mistakes === 0) outcome.firstMistake = what;
    outcome.mistakes += count;
  };
  const start = performance.now();

  for (let block = 0; block < BLOCKS; block++) {
    fill(block);
    memory.run(kernel);
    const [different, first] = compare(scope);
    mistake(different, `${name}(${input[first]}): wasm ${output[first]}, TypeScript ${reference(input[first]!)}`);

    if (odd && block >= BLOCKS / 2) {
      const negative = outputBits.slice();
      fill(block - BLOCKS / 2);
      memory.run(kernel);
      let wrong = 0;
      for (let i = 0; i < BLOCK; i++) {
        if (output[i] === output[i] && (outputBits[i]! ^ negative[i]!) !== (0x80000000 | 0)) wrong++;
      }
      mistake(wrong, `${name} is not odd near ${input[0]}`);
    } else {
      const value = constantValue(exact, flushes);
      if (value === undefined || !isConstant(value)) {
        const [error, index] = measure(scope);
        if (error > outcome.largest) [outcome.largest, outcome.where] = [error, input[index]!];
      } else {
        outcome.largest = Math.max(outcome.largest, 0.5);
      }
    }

    if (block % 256 === 255) {
      const seconds = (performance.now() - start) / 1000;
      const left = (seconds / (block + 1)) * (BLOCKS - block - 1);
      const percent = Math.round(((block + 1) / BLOCKS) * 100);
      process.stderr.write(`${name}: ${percent} %, ${seconds.toFixed(0)} s, ${left.toFixed(0)} s left\n`);
    }
  }
  process.stderr.write(`${name}: largest error ${outcome.largest.toFixed(4)} ulp at ${outcome.where}\n`);
  return outcome;
}

describe("over all 2^32 floats", () => {
  it.each(elementaryCases)("$name equals the reference and is within $bound ulp", (entry) => {
    const { mistakes, firstMistake, largest, where } = sweep(entry);
    expect({ mistakes, firstMistake }).toEqual({ mistakes: 0, firstMistake: "" });
    expect(largest, `${entry.name}(${where})`).toBeLessThanOrEqual(entry.bound);
  });

  it("flush equals the reference", () => {
    let different = 0;
    for (let block = 0; block < BLOCKS; block++) {
      fill(block);
      memory.run("mapFlush");
      for (let i = 0; i < BLOCK; i++) {
        const x = input[i]!;
        // Not compared by calling the reference: the rule is short enough to be written again.
        if (!Object.is(output[i], x < 2 ** -100 && x > -(2 ** -100) ? 0 : x)) different++;
      }
    }
    expect(different).toBe(0);
  });
});
