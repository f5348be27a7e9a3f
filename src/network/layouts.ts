import { PANEL } from "../../assembly/records";
import { panelsLength } from "../plan/builder";

/** Where the numbers of a parameter lie in its part of the flat vector. */
export interface Layout {
  /** Floats with padding: whole panels. */
  length: number;
  /** The place of a number by its index in the order that users see: PyTorch's, row by row. */
  place(index: number): number;
  /** The matrices in panels that it consists of, each from float `at` on. */
  panels?: readonly { at: number; inputs: number; outputs: number }[];
  /** Whether it is one such matrix with its inputs in the order that users see. */
  isPlain?: boolean;
}

/** Floats side by side. */
export function vectorLayout(count: number): Layout {
  return { length: Math.ceil(count / PANEL) * PANEL, place: (index) => index };
}

/**
 * A matrix [outputs, inputs] in panels [outputs / 8][inputs padded to 4][8], as the kernels of products take it. `order` gives the place
 * of an input, where that is not the order that users see.
 */
export function panelsLayout(outputs: number, inputs: number, order?: (input: number) => number): Layout {
  const panel = panelsLength(inputs, PANEL);
  return {
    length: panelsLength(inputs, outputs),
    place(index) {
      const output = Math.floor(index / inputs), input = index % inputs;
      return Math.floor(output / PANEL) * panel + (order ? order(input) : input) * PANEL + (output % PANEL);
    },
    panels: [{ at: 0, inputs, outputs }],
    isPlain: order === undefined,
  };
}

/** A matrix [rows, cols] row by row, each padded to whole panels. */
export function tableLayout(rows: number, cols: number): Layout {
  const ld = Math.ceil(cols / PANEL) * PANEL;
  return { length: rows * ld, place: (index) => Math.floor(index / cols) * ld + (index % cols) };
}
