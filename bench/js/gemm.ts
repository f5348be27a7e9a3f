/**
 * Matrix products in plain JavaScript, as fast as V8 lets a scalar loop be: C += alpha · op(A) · op(B), all row-major.
 *
 * Method: both operands are packed as float64 into arrays of this module, then multiplied by a 4×2 register tile (Goto and
 * van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008, reduced to one level). What V8 (Node 20, x64) makes
 * of it, in GFLOP/s of the bare tile on a core with a limit of 13:
 * - A typed array that is a constant of the one closure that uses it is addressed absolutely: no map check, no pointer load.
 *   It has to be read into a local before the first loop, because TurboFan visits a read inside a loop too late. Arrays that
 *   share an index and a length share one bounds check: hence an array for each row of a tile. One interleaved array: 6.4.
 * - Arrays below 128 KiB, which malloc puts where a 32-bit displacement reaches; beyond, each load needs a second
 *   instruction for its address.
 * - float64, because JavaScript's arithmetic is: a float32 operand costs a conversion, Math.fround two.
 * - Fences. V8 emits all products of a basic block before the first addition, so a tile of more than six sums spills. A branch
 *   that is never taken ends the block after each row of the tile: 8.5 instead of 4.3. Without fences the best is 7.8, with
 *   2×3; with them 2×3 has 7.7, 3×3 4.9, 4×3 6.4. 5×2 (9.1) and two steps of 4×2 in a turn (9.2) lose it all in the whole
 *   product, where their loops spill: 5.9 and 7.1, against 7.7.
 */
function createGemm() {
  /** Deepest block of the inner dimension. */
  const maxDepth = 512;
  /** Columns of B that are packed together: the floats of a cache line. */
  const group = 16;
  // Rows 0–3 of the panels of A, which stay in L2; both columns of the pairs of B. Lengths that are no powers of two put the
  // arrays in different sets of L1.
  const aLength = 15000;
  const bLength = (group / 2) * maxDepth + 56;
  const [a0, a1, a2, a3] = [0, 1, 2, 3].map(() => new Float64Array(aLength));
  const [b0, b1] = [0, 1].map(() => new Float64Array(bLength));
  const sums = new Float64Array(8);
  const never = new Float64Array(1);

  /** sums[4, 2] = a panel of A · a pair of columns of B. */
  function tile(base: number, start: number, depth: number): void {
    // "| 0" spares checks of overflow and type in the loop; they would also keep the sums of the last step alive.
    const from = base | 0, first = start | 0, end = depth | 0;
    const x0 = a0, x1 = a1, x2 = a2, x3 = a3, y0 = b0, y1 = b1, c = sums, fence = never;
    let c00 = 0, c01 = 0, c10 = 0, c11 = 0, c20 = 0, c21 = 0, c30 = 0, c31 = 0;
    for (let k = 0; k < end; k++) {
      const p = (from + k) | 0;
      const q = (first + k) | 0;
      const u = y0[q], v = y1[q];
      const s0 = x0[p];
      c00 += s0 * u; c01 += s0 * v;
      if (p < -2) fence[0] = 1;
      const s1 = x1[p];
      c10 += s1 * u; c11 += s1 * v;
      if (p < -3) fence[0] = 1;
      const s2 = x2[p];
      c20 += s2 * u; c21 += s2 * v;
      if (p < -4) fence[0] = 1;
      const s3 = x3[p];
      c30 += s3 * u; c31 += s3 * v;
    }
    c[0] = c00; c[1] = c01; c[2] = c10; c[3] = c11; c[4] = c20; c[5] = c21; c[6] = c30; c[7] = c31;
  }

  /** C[rows, cols ≤ group] += packed A · packed B. */
  function multiply(c: Float32Array, offset: number, stride: number, rows: number, cols: number, depth: number): void {
    const s = sums;
    for (let j = 0, start = 0; j < cols; j += 2, start += depth) {
      for (let i = 0, base = 0, o = offset + j; i < rows; i += 4, base += depth) {
        tile(base, start, depth);
        if (j + 1 < cols && i + 3 < rows) {
          c[o] += s[0]; c[o + 1] += s[1]; o += stride;
          c[o] += s[2]; c[o + 1] += s[3]; o += stride;
          c[o] += s[4]; c[o + 1] += s[5]; o += stride;
          c[o] += s[6]; c[o + 1] += s[7]; o += stride;
        } else {
          for (let t = 0; t < 8 && i + (t >> 1) < rows; t += 2, o += stride) {
            c[o] += s[t];
            if (j + 1 < cols) c[o + 1] += s[t + 1];
          }
        }
      }
    }
  }

  /** Packs alpha · `rows` rows of A; what a last panel lacks is a copy that is never stored. */
  function packRowsA(a: Float32Array, offset: number, stride: number, rows: number, depth: number, alpha: number): void {
    const x0 = a0, x1 = a1, x2 = a2, x3 = a3;
    for (let i = 0, base = 0; i < rows; i += 4, base += depth) {
      const p0 = offset + i * stride;
      const p1 = i + 1 < rows ? p0 + stride : p0;
      const p2 = i + 2 < rows ? p1 + stride : p0;
      const p3 = i + 3 < rows ? p2 + stride : p0;
      for (let k = 0; k < depth; k++) {
        x0[base + k] = alpha * a[p0 + k];
        x1[base + k] = alpha * a[p1 + k];
        x2[base + k] = alpha * a[p2 + k];
        x3[base + k] = alpha * a[p3 + k];
      }
    }
  }

  /** Packs alpha · `rows` columns of A as if they were rows; a cache line of columns at a time. */
  function packColumnsA(a: Float32Array, offset: number, stride: number, rows: number, depth: number, alpha: number): void {
    const x0 = a0, x1 = a1, x2 = a2, x3 = a3;
    for (let from = 0; from < rows; from += group) {
      const to = Math.min(rows, from + group);
      for (let k = 0, p = offset, first = (from / 4) * depth; k < depth; k++, p += stride, first++) {
        for (let i = from, base = first; i < to; i += 4, base += depth) {
          x0[base] = alpha * a[p + i];
          x1[base] = i + 1 < rows ? alpha * a[p + i + 1] : 0;
          x2[base] = i + 2 < rows ? alpha * a[p + i + 2] : 0;
          x3[base] = i + 3 < rows ? alpha * a[p + i + 3] : 0;
        }
      }
    }
  }

  /** Packs up to `group` rows of B. */
  function packRowsB(b: Float32Array, offset: number, stride: number, cols: number, depth: number): void {
    const y0 = b0, y1 = b1;
    for (let j = 0, base = 0; j < cols; j += 2, base += depth) {
      const p0 = offset + j * stride;
      const p1 = j + 1 < cols ? p0 + stride : p0;
      for (let k = 0; k < depth; k++) {
        y0[base + k] = b[p0 + k];
        y1[base + k] = b[p1 + k];
      }
    }
  }

  /** Packs up to `group` columns of B; a line of each row at a time, because rows may be a multiple of 4096 bytes apart. */
  function packColumnsB(b: Float32Array, offset: number, stride: number, cols: number, depth: number): void {
    const y0 = b0, y1 = b1;
    const even = cols & ~7;
    for (let k = 0, p = offset; k < depth; k++, p += stride) {
      let base = k;
      for (let j = p; j < p + even; j += 8) {
        y0[base] = b[j]; y1[base] = b[j + 1]; base += depth;
        y0[base] = b[j + 2]; y1[base] = b[j + 3]; base += depth;
        y0[base] = b[j + 4]; y1[base] = b[j + 5]; base += depth;
        y0[base] = b[j + 6]; y1[base] = b[j + 7]; base += depth;
      }
      for (let j = even; j < cols; j += 2, base += depth) {
        y0[base] = b[p + j];
        y1[base] = j + 1 < cols ? b[p + j + 1] : 0;
      }
    }
  }

  /** C[m, n] += alpha · A · B, where A[i, k] is a[i·ai + k·ak] and B[k, j] is b[k·bk + j·bj]; of each two strides one is 1. */
  function gemm(
    c: Float32Array, a: Float32Array, b: Float32Array, m: number, n: number, k: number, alpha: number,
    ai: number, ak: number, bk: number, bj: number,
  ): void {
    for (let k0 = 0, blocks = Math.ceil(k / maxDepth); blocks > 0; blocks--) {
      const depth = Math.ceil((k - k0) / blocks);
      const maxRows = 4 * Math.floor(aLength / depth);
      for (let i = 0; i < m; i += maxRows) {
        const rows = Math.min(maxRows, m - i);
        if (ak === 1) packRowsA(a, i * ai + k0, ai, rows, depth, alpha);
        else packColumnsA(a, i + k0 * ak, ak, rows, depth, alpha);
        for (let j = 0; j < n; j += group) {
          const cols = Math.min(group, n - j);
          if (bk === 1) packRowsB(b, j * bj + k0, bj, cols, depth);
          else packColumnsB(b, j + k0 * bk, bk, cols, depth);
          multiply(c, i * n + j, n, rows, cols, depth);
        }
      }
      k0 += depth;
    }
  }

  type Product = (c: Float32Array, a: Float32Array, b: Float32Array, m: number, n: number, k: number, alpha: number) => void;
  /** C[m, n] += alpha · A[m, k] · B[n, k]ᵀ: the forward product, with A the inputs and B the weights as [out, in]. */
  const gemmNT: Product = (c, a, b, m, n, k, alpha) => gemm(c, a, b, m, n, k, alpha, k, 1, 1, k);
  /** C[m, n] += alpha · A[m, k] · B[k, n]: the error of the layer below, with A the error and B the weights. */
  const gemmNN: Product = (c, a, b, m, n, k, alpha) => gemm(c, a, b, m, n, k, alpha, k, 1, n, 1);
  /** C[m, n] += alpha · A[k, m]ᵀ · B[k, n]: the gradient of the weights, with A the error and B the inputs. */
  const gemmTN: Product = (c, a, b, m, n, k, alpha) => gemm(c, a, b, m, n, k, alpha, 1, m, n, 1);
  return { gemmNT, gemmNN, gemmTN };
}

export const { gemmNT, gemmNN, gemmTN } = createGemm();
