/**
 * Initialisers: the numbers that a layer's weights start with. Most get their spread from the number of inputs that an
 * output of the layer sums (fanIn) and of the outputs that an input feeds (fanOut), so that signals and gradients neither
 * fade nor grow from layer to layer.
 */

/** The options of each initialiser. */
export interface InitializerOptions {
  /** Uniform in ±√(6 / (fanIn + fanOut)). Glorot & Bengio, AISTATS 2010; also called Xavier. */
  glorotUniform: NoOptions;
  /** Normal with deviation √(2 / (fanIn + fanOut)), not truncated (as in PyTorch; Keras truncates). Glorot & Bengio, 2010. */
  glorotNormal: NoOptions;
  /** Uniform in ±√(6 / fanIn). He et al., ICCV 2015; also called Kaiming. */
  heUniform: NoOptions;
  /** Normal with deviation √(2 / fanIn), not truncated. He et al., 2015. */
  heNormal: NoOptions;
  /** Uniform in ±√(3 / fanIn). LeCun et al., "Efficient BackProp", 1998, 4.6. */
  lecunUniform: NoOptions;
  /** Normal with deviation √(1 / fanIn), not truncated. LeCun et al., 1998; asked for by SELU. */
  lecunNormal: NoOptions;
  /** `gain` (default 1) times a matrix with orthonormal rows or columns, whichever are fewer. Saxe et al., ICLR 2014. */
  orthogonal: { gain?: number };
  /** Uniform between `low` (default -0.05) and `high` (default 0.05). */
  uniform: { low?: number; high?: number };
  /** Normal with `mean` (default 0) and `deviation` (default 0.05), not truncated. */
  normal: { mean?: number; deviation?: number };
  /** Zero everywhere. */
  zeros: NoOptions;
  /** `value` (default 0) everywhere. */
  constant: { value?: number };
}

type NoOptions = Record<never, never>;

/** The names of the initialisers. */
export type InitializerName = keyof InitializerOptions;

/** An initialiser with its options: `{ type: "normal", deviation: 0.02 }`. Plain data, as it is saved. */
export type InitializerSpec = {
  [Name in InitializerName]: { type: Name } & InitializerOptions[Name];
}[InitializerName];

/** What a layer's option takes: a name, or a name with options. */
export type Initializer = InitializerName | InitializerSpec;

/** How to fill a tensor, with all numbers worked out. */
export type InitialFill =
  | { kind: "uniform"; low: number; high: number }
  | { kind: "normal"; mean: number; deviation: number }
  | { kind: "constant"; value: number }
  | { kind: "orthogonal"; gain: number };

type Initialise<Options> = (fanIn: number, fanOut: number, options: Options) => InitialFill;

function uniformWithin(limit: number): InitialFill {
  return { kind: "uniform", low: -limit, high: limit };
}

function normalWith(deviation: number): InitialFill {
  return { kind: "normal", mean: 0, deviation };
}

/** All initialisers. The formulas and their sources stand with `InitializerOptions`. */
export const initializers: { readonly [Name in InitializerName]: Initialise<InitializerOptions[Name]> } = {
  glorotUniform: (fanIn, fanOut) => uniformWithin(Math.sqrt(6 / (fanIn + fanOut))),
  glorotNormal: (fanIn, fanOut) => normalWith(Math.sqrt(2 / (fanIn + fanOut))),
  heUniform: (fanIn) => uniformWithin(Math.sqrt(6 / fanIn)),
  heNormal: (fanIn) => normalWith(Math.sqrt(2 / fanIn)),
  lecunUniform: (fanIn) => uniformWithin(Math.sqrt(3 / fanIn)),
  lecunNormal: (fanIn) => normalWith(Math.sqrt(1 / fanIn)),
  orthogonal: (_fanIn, _fanOut, { gain = 1 }) => ({ kind: "orthogonal", gain }),
  uniform: (_fanIn, _fanOut, { low = -0.05, high = 0.05 }) => ({ kind: "uniform", low, high }),
  normal: (_fanIn, _fanOut, { mean = 0, deviation = 0.05 }) => ({ kind: "normal", mean, deviation }),
  zeros: () => ({ kind: "constant", value: 0 }),
  constant: (_fanIn, _fanOut, { value = 0 }) => ({ kind: "constant", value }),
};

/** Works out how to fill a tensor that joins `fanIn` inputs with `fanOut` outputs. Expects a valid initialiser. */
export function initialFill(initializer: Initializer, fanIn: number, fanOut: number): InitialFill {
  const spec = typeof initializer === "string" ? { type: initializer } : initializer;
  // TypeScript does not see that `type` picks the function of these very options.
  const initialise = initializers[spec.type] as Initialise<InitializerSpec>;
  return initialise(fanIn, fanOut, spec);
}

/**
 * A random orthogonal matrix [rows, cols], row-major, times `gain`: its rows are orthonormal, or its columns where they
 * are fewer. `normals` [rows · cols], row-major, are independent normal numbers.
 *
 * Method: the Q of the QR decomposition whose R has a positive diagonal, which makes it uniform over the orthogonal
 * matrices (Saxe et al., "Exact solutions to the nonlinear dynamics of learning", ICLR 2014; Mezzadri, Notices of the
 * AMS 54, 2007). By Gram–Schmidt, each vector freed twice from those before it, which is enough (Giraud, Langou,
 * Rozložník, van den Eshof, Numerische Mathematik 101, 2005), and from four of them at a time, so that it is read less
 * often. In double precision with + − · / √ alone, so the bits are the same in every engine.
 */
export function orthogonalMatrix(
  rows: number, cols: number, gain: number, normals: Float32Array | Float64Array,
): Float32Array {
  const tall = rows >= cols;
  const length = tall ? rows : cols;
  const vectors = copyVectors(rows, cols, normals);
  for (let j = 0; j < vectors.length; j++) {
    const v = vectors[j]!;
    for (let pass = 0; pass < 2; pass++) {
      let k = 0;
      for (; k + 4 <= j; k += 4) removeFour(v, vectors[k]!, vectors[k + 1]!, vectors[k + 2]!, vectors[k + 3]!);
      for (; k < j; k++) remove(v, vectors[k]!);
    }
    const norm = Math.sqrt(dot(v, v));
    for (let i = 0; i < length; i++) v[i] = v[i]! / norm;
  }
  const q = new Float32Array(rows * cols);
  for (let j = 0; j < vectors.length; j++) {
    for (let i = 0; i < length; i++) q[tall ? i * cols + j : j * cols + i] = gain * vectors[j]![i]!;
  }
  return q;
}

/** The columns of a tall matrix, or the rows of a wide one. */
function copyVectors(rows: number, cols: number, x: Float32Array | Float64Array): Float64Array[] {
  if (rows < cols) {
    return Array.from({ length: rows }, (_, row) => Float64Array.from(x.subarray(row * cols, (row + 1) * cols)));
  }
  return Array.from({ length: cols }, (_, col) => Float64Array.from({ length: rows }, (_, row) => x[row * cols + col]!));
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** v −= (q·v)·q */
function remove(v: Float64Array, q: Float64Array): void {
  const share = dot(v, q);
  for (let i = 0; i < v.length; i++) v[i] = v[i]! - share * q[i]!;
}

/** `remove` for four vectors that are orthogonal to one another. */
function removeFour(v: Float64Array, q0: Float64Array, q1: Float64Array, q2: Float64Array, q3: Float64Array): void {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let i = 0; i < v.length; i++) {
    const x = v[i]!;
    s0 += x * q0[i]!;
    s1 += x * q1[i]!;
    s2 += x * q2[i]!;
    s3 += x * q3[i]!;
  }
  for (let i = 0; i < v.length; i++) {
    v[i] = v[i]! - (s0 * q0[i]! + s1 * q1[i]! + s2 * q2[i]! + s3 * q3[i]!);
  }
}
