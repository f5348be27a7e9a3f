import { newFloats } from "../core/memory";

/** How a number of a file becomes a number here. */
type Read = (view: DataView, at: number) => number;

interface TypeOfNumbers {
  bytes: number;
  /** Whether it has a fraction: what weights can be. */
  isFloat: boolean;
  read: Read;
}

const integer = (bytes: number, read: Read): TypeOfNumbers => ({ bytes, isFloat: false, read });
const float = (bytes: number, read: Read): TypeOfNumbers => ({ bytes, isFloat: true, read });

/** The types of numbers that are read, by the names that the format has for them. */
export const dtypes = {
  F64: float(8, (view, at) => view.getFloat64(at, true)),
  F32: float(4, (view, at) => view.getFloat32(at, true)),
  F16: float(2, (view, at) => half(view.getUint16(at, true))),
  BF16: float(2, (view, at) => brainFloat(view.getUint16(at, true))),
  I64: integer(8, (view, at) => Number(view.getBigInt64(at, true))),
  I32: integer(4, (view, at) => view.getInt32(at, true)),
  I16: integer(2, (view, at) => view.getInt16(at, true)),
  I8: integer(1, (view, at) => view.getInt8(at)),
  U64: integer(8, (view, at) => Number(view.getBigUint64(at, true))),
  U32: integer(4, (view, at) => view.getUint32(at, true)),
  U16: integer(2, (view, at) => view.getUint16(at, true)),
  U8: integer(1, (view, at) => view.getUint8(at)),
  BOOL: integer(1, (view, at) => (view.getUint8(at) === 0 ? 0 : 1)),
} satisfies Record<string, TypeOfNumbers>;

/** The name of a type of numbers. */
export type Dtype = keyof typeof dtypes;

/** Whether a text is such a name. */
export function isDtype(name: string): name is Dtype {
  return Object.hasOwn(dtypes, name);
}

/** A copy of numbers as 32-bit floats, each rounded to the nearest; beyond their range it is ±Infinity. @throws DeltawasmError memory */
export function toFloats(dtype: Dtype, bytes: Uint8Array): Float32Array<ArrayBuffer> {
  const { bytes: size, read } = dtypes[dtype];
  const floats = newFloats(bytes.length / size);
  if (dtype === "F32") {
    // Bit for bit. The file's order of bytes is that of all machines whose typed arrays can see a core's memory.
    new Uint8Array(floats.buffer).set(bytes);
    return floats;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let n = 0; n < floats.length; n++) floats[n] = read(view, n * size);
  return floats;
}

/** IEEE 754 binary16: sign, 5 bits of exponent, 10 of fraction. */
function half(bits: number): number {
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

const word = new DataView(new ArrayBuffer(4));

/** The upper half of a 32-bit float. */
function brainFloat(bits: number): number {
  word.setUint32(0, bits * 65536);
  return word.getFloat32(0);
}
