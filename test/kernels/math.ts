import { flush, verf, vexp, vexpm1, vlog, vlog1p, vsigmoid, vtanh } from "../../assembly/math";

// Each maps n numbers, a multiple of 4, from x to y.

export function mapExp(y: usize, x: usize, n: u32): void {
  for (let i: usize = 0, end = (<usize>n) << 2; i < end; i += 16) v128.store(y + i, vexp(v128.load(x + i)));
}

export function mapLog(y: usize, x: usize, n: u32): void {
  for (let i: usize = 0, end = (<usize>n) << 2; i < end; i += 16) v128.store(y + i, vlog(v128.load(x + i)));
}

export function mapLog1p(y: usize, x: usize, n: u32): void {
  for (let i: usize = 0, end = (<usize>n) << 2; i < end; i += 16) v128.store(y + i, vlog1p(v128.load(x + i)));
}

export function mapExpm1(y: usize, x: usize, n: u32): void {
  for (let i: usize = 0, end = (<usize>n) << 2; i < end; i += 16) v128.store(y + i, vexpm1(v128.load(x + i)));
}

export function mapTanh(y: usize, x: usize, n: u32): void {
  for (let i: usize = 0, end = (<usize>n) << 2; i < end; i += 16) v128.store(y + i, vtanh(v128.load(x + i)));
}

export function mapSigmoid(y: usize, x: usize, n: u32): void {
  for (let i: usize = 0, end = (<usize>n) << 2; i < end; i += 16) v128.store(y + i, vsigmoid(v128.load(x + i)));
}

export function mapErf(y: usize, x: usize, n: u32): void {
  for (let i: usize = 0, end = (<usize>n) << 2; i < end; i += 16) v128.store(y + i, verf(v128.load(x + i)));
}

export function mapFlush(y: usize, x: usize, n: u32): void {
  for (let i: usize = 0, end = (<usize>n) << 2; i < end; i += 16) v128.store(y + i, flush(v128.load(x + i)));
}
