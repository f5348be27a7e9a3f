// Numbers that both sides count on. See ../records.ts.

/** 2^-100: a smaller magnitude becomes +0 at the places that docs/numerics.md names. */
export const FLUSH_BELOW = 7.888609052210118e-31;

/** Columns of a weight panel: element (input i, output o) of a dense layer is at ((o >> 3) · inputsPadded + i) · 8 + (o & 7). */
export const PANEL = 8;

/** Terms of a product summed per pass, so that a panel's part (8 kB) and four rows of the other operand stay in L1. */
export const DEPTH_BLOCK = 256;

/** Rows that go through all panels before the next: DEPTH_BLOCK columns of them, packed, are PACK. */
export const ROW_BLOCK = 128;

/** From this many rows on products take an operand packed: it would lie on more pages than an L1 TLB knows. */
export const PACK_ROWS = 64;

/** Columns of a result from which on packing the rows of the other operand pays. */
export const PACK_COLS = 64;

/** Floats of a packed operand (128 kB): they stay in L2. */
export const PACK = 32768;

/** Bytes of a packed panel of DEPTH_BLOCK terms, and of the two that wide registers take at once. */
export const PACKED_PANEL = PANEL * DEPTH_BLOCK * 4;
export const PACKED_PANELS = 2 * PACKED_PANEL;

/** Parameters of which one sum of squares, or one largest, is taken. */
export const BLOCK = 4096;

/** Floats of gradients that are made before they update their weights (8 kB): they stay in L1. */
export const CHUNK = 2048;

/** SELU's constants (Klambauer et al. 2017, "Self-Normalizing Neural Networks", appendix). */
export const SELU_ALPHA = 1.6732632423543772848170429916717;
export const SELU_SCALE = 1.0507009873554804934193349852946;
