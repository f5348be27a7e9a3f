import { philox, shuffle, uniform01 } from "../random";

describe("random numbers", () => {
  test("are those of Philox4x32-10: kat_vectors of Random123, all bits zero and all bits one", () => {
    const zeros = philox(0, 0, 0, 0, 0, 0);
    expect<u32>(i32x4.extract_lane(zeros, 0)).toBe(0x6627e8d5);
    expect<u32>(i32x4.extract_lane(zeros, 1)).toBe(0xe169c58d);
    expect<u32>(i32x4.extract_lane(zeros, 2)).toBe(0xbc57ac4c);
    expect<u32>(i32x4.extract_lane(zeros, 3)).toBe(0x9b00dbd8);
    const all: u32 = 0xffffffff;
    const ones = philox(all, all, all, all, all, all);
    expect<u32>(i32x4.extract_lane(ones, 0)).toBe(0x408f276d);
    expect<u32>(i32x4.extract_lane(ones, 3)).toBe(0x6d5451fd);
  });

  test("are uniform in [0, 1), from the upper 24 bits of a word", () => {
    const x = uniform01(i32x4(0, -1, i32.MIN_VALUE, 0xff));
    expect<f32>(f32x4.extract_lane(x, 0)).toBe(0);
    expect<f32>(f32x4.extract_lane(x, 1)).toBe(0.999999940395355224609375);
    expect<f32>(f32x4.extract_lane(x, 2)).toBe(0.5);
    expect<f32>(f32x4.extract_lane(x, 3)).toBe(0);
  });

  test("shuffle every number into one place", () => {
    const count = 100;
    const order = heap.alloc(count * 4);
    shuffle(order, count, 1, 2, 3, 4);
    let moved = 0;
    for (let value = 0; value < count; value++) {
      let seen = 0;
      for (let i = 0; i < count; i++) if (load<u32>(order + (<usize>i << 2)) == <u32>value) seen++;
      expect<i32>(seen).toBe(1);
      if (load<u32>(order + (<usize>value << 2)) != <u32>value) moved++;
    }
    expect<i32>(moved).toBeGreaterThan(count / 2);
  });
});
