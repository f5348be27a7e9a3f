/**
 * Matrix products in plain JavaScript, as fast as V8 lets a scalar loop be: C += alpha · op(A) · op(B), all row-major.
 *
 * Method: both operands are packed as float64 into module-level arrays, then multiplied by a 2×3 register tile (Goto and
 * van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008, reduced to one level). What V8 makes of it:
 * - A typed array that is a constant of the one closure that uses it is addressed absolutely: no map check, no pointer
 *   load, and rows that share an index and a length share one bounds check. It has to be read into a local before the
 *   first loop, because TurboFan visits a read inside a loop too late to fold it.
 * - float64, because JavaScript's arithmetic is: a float32 operand costs a conversion, Math.fround two.
 * - 2×3, because V8 emits all products of an iteration before the first addition. Six sums and six products are
 *   the most that fit 15 registers; beyond, sums are spilled, and reloading a sum lies on the critical path.
 */

/** Deepest block of the inner dimension: three rows of B stay in L1. */
const maxDepth = 512;
/** Float64 elements of each of the two arrays that hold A: together 512 KiB, which stay in L2. */
const blockElements = 32768;

/** Called once: its constants are the constants of the code that V8 makes. */
function createGemm() {
  const packedA0 = new Float64Array(blockElements);
  const packedA1 = new Float64Array(blockElements);
  const packedB0 = new Float64Array(maxDepth);
  const packedB1 = new Float64Array(maxDepth);
  const packedB2 = new Float64Array(maxDepth);

  /** C[m, n] += alpha · A[m, k] · B[n, k]ᵀ: the forward product, with A the inputs and B the weights as [out, in]. */
  function gemmNT(
    c: Float32Array, a: Float32Array, b: Float32Array, m: number, n: number, k: number, alpha: number,
  ): void {
    for (let k0 = 0, blocks = Math.ceil(k / maxDepth); blocks > 0; blocks--) {
      const depth = Math.ceil((k - k0) / blocks);
      const maxRows = 2 * Math.floor(blockElements / depth);
      for (let i = 0; i < m; i += maxRows) {
        const rows = Math.min(maxRows, m - i);
        packRowsA(a, i * k + k0, k, rows, depth);
        for (let j = 0; j < n; j += 3) {
          const cols = Math.min(3, n - j);
          packRowsB(b, j * k + k0, k, cols, depth);
          multiplyPanel(c, i * n + j, n, rows, cols, depth, alpha);
        }
      }
      k0 += depth;
    }
  }

  /** C[m, n] += alpha · A[m, k] · B[k, n]: the error of the layer below, with A the error and B the weights. */
  function gemmNN(
    c: Float32Array, a: Float32Array, b: Float32Array, m: number, n: number, k: number, alpha: number,
  ): void {
    for (let k0 = 0, blocks = Math.ceil(k / maxDepth); blocks > 0; blocks--) {
      const depth = Math.ceil((k - k0) / blocks);
      const maxRows = 2 * Math.floor(blockElements / depth);
      for (let i = 0; i < m; i += maxRows) {
        const rows = Math.min(maxRows, m - i);
        packRowsA(a, i * k + k0, k, rows, depth);
        for (let j = 0; j < n; j += 3) {
          const cols = Math.min(3, n - j);
          packColumnsB(b, k0 * n + j, n, cols, depth);
          multiplyPanel(c, i * n + j, n, rows, cols, depth, alpha);
        }
      }
      k0 += depth;
    }
  }

  /** C[m, n] += alpha · A[k, m]ᵀ · B[k, n]: the gradient of the weights, with A the error and B the inputs. */
  function gemmTN(
    c: Float32Array, a: Float32Array, b: Float32Array, m: number, n: number, k: number, alpha: number,
  ): void {
    for (let k0 = 0, blocks = Math.ceil(k / maxDepth); blocks > 0; blocks--) {
      const depth = Math.ceil((k - k0) / blocks);
      const maxRows = 2 * Math.floor(blockElements / depth);
      for (let i = 0; i < m; i += maxRows) {
        const rows = Math.min(maxRows, m - i);
        packColumnsA(a, k0 * m + i, m, rows, depth);
        for (let j = 0; j < n; j += 3) {
          const cols = Math.min(3, n - j);
          packColumnsB(b, k0 * n + j, n, cols, depth);
          multiplyPanel(c, i * n + j, n, rows, cols, depth, alpha);
        }
      }
      k0 += depth;
    }
  }

  /** C[rows, cols ≤ 3] += alpha · packed A · packed B. */
  function multiplyPanel(
    c: Float32Array, offset: number, stride: number, rows: number, cols: number, depth: number, alpha: number,
  ): void {
    const a0 = packedA0, a1 = packedA1, b0 = packedB0, b1 = packedB1, b2 = packedB2;
    for (let i = 0, base = 0; i < rows; i += 2, base += depth) {
      let c00 = 0, c01 = 0, c02 = 0, c10 = 0, c11 = 0, c12 = 0;
      for (let k = 0; k < depth; k++) {
        const y0 = b0[k], y1 = b1[k], y2 = b2[k];
        const p = (base + k) | 0; // spares the overflow check
        const x0 = a0[p], x1 = a1[p];
        c00 += x0 * y0;
        c01 += x0 * y1;
        c02 += x0 * y2;
        c10 += x1 * y0;
        c11 += x1 * y1;
        c12 += x1 * y2;
      }
      const p = offset + i * stride;
      c[p] += alpha * c00;
      if (cols > 1) c[p + 1] += alpha * c01;
      if (cols > 2) c[p + 2] += alpha * c02;
      if (i + 1 < rows) {
        const q = p + stride;
        c[q] += alpha * c10;
        if (cols > 1) c[q + 1] += alpha * c11;
        if (cols > 2) c[q + 2] += alpha * c12;
      }
    }
  }

  /** Packs `rows` rows of A, `depth` elements of each, in pairs; a missing second row is a copy that is never stored. */
  function packRowsA(a: Float32Array, offset: number, stride: number, rows: number, depth: number): void {
    const a0 = packedA0, a1 = packedA1;
    for (let i = 0, base = 0; i < rows; i += 2, base += depth) {
      const p = offset + i * stride;
      const q = i + 1 < rows ? p + stride : p;
      for (let k = 0; k < depth; k++) {
        a0[base + k] = a[p + k];
        a1[base + k] = a[q + k];
      }
    }
  }

  /** Packs `rows` columns of A as if they were rows. */
  function packColumnsA(a: Float32Array, offset: number, stride: number, rows: number, depth: number): void {
    const a0 = packedA0, a1 = packedA1;
    for (let i = 0, base = 0; i < rows; i += 2, base += depth) {
      const next = i + 1 < rows ? 1 : 0;
      for (let k = 0, p = offset + i; k < depth; k++, p += stride) {
        a0[base + k] = a[p];
        a1[base + k] = a[p + next];
      }
    }
  }

  /** Packs up to three rows of B. */
  function packRowsB(b: Float32Array, offset: number, stride: number, cols: number, depth: number): void {
    const b0 = packedB0, b1 = packedB1, b2 = packedB2;
    const p = offset;
    const q = cols > 1 ? p + stride : p;
    const r = cols > 2 ? q + stride : p;
    for (let k = 0; k < depth; k++) {
      b0[k] = b[p + k];
      b1[k] = b[q + k];
      b2[k] = b[r + k];
    }
  }

  /** Packs up to three columns of B. */
  function packColumnsB(b: Float32Array, offset: number, stride: number, cols: number, depth: number): void {
    const b0 = packedB0, b1 = packedB1, b2 = packedB2;
    const second = cols > 1 ? 1 : 0;
    const third = cols > 2 ? 2 : 0;
    for (let k = 0, p = offset; k < depth; k++, p += stride) {
      b0[k] = b[p];
      b1[k] = b[p + second];
      b2[k] = b[p + third];
    }
  }

  return { gemmNT, gemmNN, gemmTN };
}

export const { gemmNT, gemmNN, gemmTN } = createGemm();
