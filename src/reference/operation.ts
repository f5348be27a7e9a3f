import type { Machine } from "./machine";

/** The fields of a record, as its operation reads them. */
export interface Fields {
  /** Rows of the matrices: those of the batch times the record's points. */
  rows: number;
  /** Rows of the batch. */
  batch: number;
  /** The state block, an index of `m.d`. */
  state: number;
  /** A whole number. */
  word(field: number): number;
  /** An address as an index of `m.f` and `m.i`, −1 where there is none. */
  at(field: number): number;
  /** The 64-bit constant that a field points at, 0 where it points at none. */
  constant(field: number): number;
}

/** What a record does. */
export type Operation = (m: Machine, fields: Fields) => void;
