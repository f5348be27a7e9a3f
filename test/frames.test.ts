import { afterEach, expect, test, vi } from "vitest";
import { drawFrame } from "../src/training/frames";

// How much of its time a page gives to frames while it trains: slices of 8 ms, and what is between them. Pages of browsers: test/browsers.

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** The share of five seconds that is work; frames come each `interval` milliseconds, where there are any. */
async function shareOfWork(interval: number): Promise<number> {
  vi.useFakeTimers({ now: 0, toFake: ["setTimeout", "clearTimeout", "performance"] });
  vi.stubGlobal("document", { visibilityState: "visible" });
  vi.stubGlobal("requestAnimationFrame", (draw: () => void) => {
    if (Number.isFinite(interval)) setTimeout(draw, interval - (performance.now() % interval));
  });
  let work = 0, isOver = false;
  const training = (async () => {
    while (performance.now() < 5000) {
      vi.advanceTimersByTime(8);
      work += 8;
      await drawFrame();
    }
    isOver = true;
  })();
  while (!isOver) await vi.advanceTimersByTimeAsync(1);
  await training;
  return work / 5000;
}

// Frames that come between slices, and are hardly ever awaited.
test("a page that draws 60 frames a second goes on training", async () => {
  expect(await shareOfWork(1000 / 60)).toBeGreaterThan(0.8);
});

test("a page that draws none trains all the same", async () => {
  // 50 of each 1050 milliseconds are waited.
  expect(await shareOfWork(Infinity)).toBeGreaterThan(0.9);
});
