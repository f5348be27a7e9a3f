import { State } from "./records";

// Reading what a record and the state block hold.

// @ts-ignore: decorator
@inline
export function word(record: usize, field: i32): i32 {
  return load<i32>(record + (<usize>field << 2));
}

/** A field that is an address. */
// @ts-ignore: decorator
@inline
export function address(record: usize, field: i32): usize {
  return load<u32>(record + (<usize>field << 2));
}

/** A field that is a stride, in bytes. */
// @ts-ignore: decorator
@inline
export function stride(record: usize, field: i32): usize {
  return <usize>load<u32>(record + (<usize>field << 2)) << 2;
}

/** The 64-bit constant that a field points at, 0 where it points at none. */
// @ts-ignore: decorator
@inline
export function constant(record: usize, field: i32): f32 {
  const at = address(record, field);
  return at ? <f32>load<f64>(at) : 0;
}

// @ts-ignore: decorator
@inline
export function get(state: usize, field: i32): f64 {
  return load<f64>(state + (<usize>field << 3));
}

// @ts-ignore: decorator
@inline
export function set(state: usize, field: i32, value: f64): void {
  store<f64>(state + (<usize>field << 3), value);
}

/** A field that is the address of scratch: that of thread 0, from which the others are `scratchStride` bytes apart. */
// @ts-ignore: decorator
@inline
export function scratch(record: usize, field: i32, state: usize, thread: i32): usize {
  const at = address(record, field);
  return at && thread ? at + <usize>thread * <usize>get(state, State.scratchStride) : at;
}

/** The first of `units` that fall to a thread: shares are as even as they can be. That of thread `size` ends them. */
// @ts-ignore: decorator
@inline
export function shareStart(units: i32, thread: i32, size: i32): i32 {
  return size == 1 ? units * thread : <i32>(<i64>units * thread / size);
}
