import { lastSkipped } from "../../assembly/accumulate";
import { execute } from "../../assembly/execute";
import { RECORD_WORDS, SHARED } from "../../assembly/records";

export { setWide } from "../../assembly/gemm/tiles4x16";

// A team's walk over records on one thread: the parts of a shared record one after the other.

/** The first byte that is free for a test. */
export function heapBase(): usize {
  return __heap_base;
}

/** The parts in ascending order, or the last one first. The rounds that were finished. */
export function walkInTurn(state: usize, records: usize, count: i32, repeats: i32, size: i32, isReversed: bool): i32 {
  const end = records + (<usize>count * RECORD_WORDS << 2);
  for (let round = 0; round < repeats; round++) {
    for (let r = records; r < end; r += RECORD_WORDS << 2) {
      let goesOn = true;
      if (load<i32>(r, SHARED << 2) == 0) goesOn = execute(r, state, 0, 1);
      else for (let n = 0; n < size; n++) goesOn = execute(r, state, isReversed ? size - 1 - n : n, size) && goesOn;
      if (!goesOn) return round;
      r = lastSkipped(r, state);
    }
  }
  return repeats;
}

/** Words that two parts of one record have changed. */
let conflicts: i32 = 0;

/** Those of the last `walkApart`. */
export function conflictCount(): i32 {
  return conflicts;
}

/**
 * Each part sees the memory as it was before the record, and nothing of the others; their changes are put together afterwards.
 * The memory is that from `from` on, `bytes` long; as much is free from `copies` on, twice. `scratch` holds the address and length
 * of ranges that mean nothing after a part, and ends with a zero.
 */
export function walkApart(
  state: usize, records: usize, count: i32, repeats: i32, size: i32, from: usize, bytes: usize, copies: usize, scratch: usize,
): i32 {
  const end = records + (<usize>count * RECORD_WORDS << 2), result = copies + bytes;
  conflicts = 0;
  for (let round = 0; round < repeats; round++) {
    for (let r = records; r < end; r += RECORD_WORDS << 2) {
      let goesOn = true;
      if (load<i32>(r, SHARED << 2) == 0) goesOn = execute(r, state, 0, 1);
      else {
        memory.copy(copies, from, bytes);
        memory.copy(result, from, bytes);
        for (let thread = 0; thread < size; thread++) {
          if (thread > 0) memory.copy(from, copies, bytes);
          goesOn = execute(r, state, thread, size) && goesOn;
          for (let range = scratch; load<u32>(range) != 0; range += 8) {
            const at = <usize>load<u32>(range);
            memory.copy(at, at - from + copies, load<u32>(range, 4));
          }
          merge(result, from, copies, bytes);
        }
        memory.copy(from, result, bytes);
      }
      if (!goesOn) return round;
      r = lastSkipped(r, state);
    }
  }
  return repeats;
}

/** Takes over what is changed beside `before`; a word that is changed in both is a conflict. `bytes` is a multiple of 16. */
function merge(result: usize, changed: usize, before: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    if (!v128.any_true(v128.xor(v128.load(changed + at), v128.load(before + at)))) continue;
    for (let word = at; word < at + 16; word += 4) {
      const value = load<u32>(changed + word), old = load<u32>(before + word);
      if (value == old) continue;
      if (load<u32>(result + word) != old) conflicts++;
      store<u32>(result + word, value);
    }
  }
}
