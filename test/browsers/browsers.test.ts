import { readFileSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browsers, launch, open } from "./browsers";
import { serve } from "./server";

const pinned = JSON.parse(readFileSync(new URL("../runtimes/digests.json", import.meta.url), "utf8")) as Record<string, string>;

describe.each(browsers)("$name", (description) => {
  let browser: Browser;
  let here: Awaited<ReturnType<typeof serve>>;
  let elsewhere: Awaited<ReturnType<typeof serve>>;

  beforeAll(async () => {
    [here, elsewhere] = await Promise.all([serve(), serve()]);
    browser = await launch(description);
  });

  afterAll(async () => {
    await browser?.close();
    here.close();
    elsewhere.close();
  });

  /** What a function of pages/page.js gives in a fresh page with the headers of a kind; see server.ts. */
  async function inPage(kind: string, name: string, ...given: unknown[]): Promise<{ result: any; complaints: string[] }> {
    const library = kind === "foreign" ? `?library=${elsewhere.origin}/shared/dist/index.js` : "";
    const { page, complaints } = await open(browser, `${here.origin}/${library ? "isolated" : kind}/pages/page.html${library}`);
    try {
      const result = await page.evaluate(([name, given]) => (globalThis as any).tests[name](...given), [name, given] as const);
      return { result, complaints };
    } finally {
      await page.close();
    }
  }

  describe("the same bits", () => {
    it("one thread", async () => {
      const { result, complaints } = await inPage("isolated", "digests", { threads: 1 });
      expect(result.results).toEqual(pinned);
      expect(result.workers).toBe(0);
      expect(complaints).toEqual([]);
    });

    it("two threads, which are workers", async () => {
      const { result, complaints } = await inPage("isolated", "digests", { threads: 2 });
      expect(result.results).toEqual(pinned);
      expect(result.workers).toBe(2);
      expect(result.jobs).toBeGreaterThan(10);
      expect(complaints).toEqual([]);
    });

    it("in a worker, with a thread beside it", async () => {
      const { result } = await inPage("isolated", "inWorker", 2);
      expect(result).toEqual({ results: pinned, workers: 1 });
    });

    it("a page without isolation", async () => {
      const { result } = await inPage("open", "digests", { threads: 1 });
      expect(result.results).toEqual(pinned);
    });

    it("reference engine", async () => {
      const { result } = await inPage("open", "digests", { engine: "reference" });
      expect(result.results).toEqual(pinned);
    });
  });

  describe("what a page allows", () => {
    it("without isolation there is one thread, and inspect says why", async () => {
      const { result, complaints } = await inPage("open", "train", 2);
      expect(result).toMatchObject({ engine: "wasm", threads: 1, first: { stopped: "completed" } });
      expect(result.notes).toEqual([expect.stringMatching(/one thread: .*cross-origin isolation/)]);
      expect(complaints).toEqual([]);
    });

    it("a strict policy is not violated", async () => {
      const { result, complaints } = await inPage("strict", "train", 2);
      expect(result).toMatchObject({ engine: "wasm", threads: 2, notes: [], first: { stopped: "completed" }, after: { threads: 2 }, violations: [] });
      expect(complaints).toEqual([]);
    });

    it("where a policy refuses WebAssembly the reference engine runs, and inspect says so", async () => {
      const { result } = await inPage("noWasm", "train", 2, 1);
      expect(result).toMatchObject({ engine: "reference", threads: 1, first: { stopped: "completed" } });
      expect(result.notes).toEqual([expect.stringMatching(/WebAssembly refused the core/)]);
    });

    it.each([
      ["a policy that allows no workers", "noWorkers"], ["a lost worker.js", "lostWorker"], ["the package of another origin", "foreign"],
    ])("with %s one thread trains, and inspect says why", async (_, kind) => {
      const { result } = await inPage(kind, "train", 2, 5, 1);
      expect(result).toMatchObject({ engine: "wasm", first: { stopped: "completed" }, second: { stopped: "completed" }, after: { threads: 1 } });
      expect(result.after.notes).toEqual([expect.stringMatching(/^one thread: /)]);
    });
  });

  describe.each([1, 2])("a page that trains with threads: %i", (threads) => {
    it("keeps drawing, and its timers and messages come", async () => {
      const { result: { steps, frames, turns } } = await inPage("isolated", "responsiveness", threads);
      console.log(`${description.name}, threads: ${threads}: ${steps} steps; frames ${JSON.stringify(frames)}; turns ${JSON.stringify(turns)}`);
      expect(steps).toBeGreaterThan(10);
      // In three seconds; on an idle machine it is 180 frames, and a turn each millisecond or, with one thread, each slice.
      expect(frames.count).toBeGreaterThan(15);
      expect(turns.count).toBeGreaterThan(50);
    });

    it("may predict, save and train another network meanwhile", async () => {
      const { result } = await inPage("isolated", "callsDuringFit", threads);
      expect(result.calls).toBeGreaterThan(3);
      expect(result).toMatchObject({
        training: { stopped: "completed" }, codes: ["busy"], isCopy: true, isSame: true, areFinite: true, isOtherFinite: true,
      });
    });

    it("may train two networks at once", async () => {
      const { result } = await inPage("isolated", "twoAtOnce", threads);
      expect(result).toMatchObject({ fits: [{ stopped: "completed" }, { stopped: "completed" }], areSame: [true, true] });
    });

    it("can abort", async () => {
      const { result } = await inPage("isolated", "abort", threads);
      expect(result).toMatchObject({ stopped: "aborted", isFinite: true, again: "completed" });
      expect(result.ms).toBeLessThan(2000);
    });

    it.each(["network", "trainer"])("may dispose the %s, whose memory the next one gets", async (what) => {
      const { result } = await inPage("isolated", "disposeDuringFit", threads, what);
      expect(result).toMatchObject({ ended: Array(3).fill("disposed"), same: Array(3).fill(true) });
      expect(result.seconds).toBeLessThan(10);
    });
  });

  describe("a team", () => {
    it("goes home with the last network, and comes again", async () => {
      const { result } = await inPage("isolated", "dispose", 2);
      expect(result).toEqual({ started: 2, endedEarly: 0, ended: 2, again: 2 });
    });

    it.each([["first", 0], ["second", 1]])("may lose its %s thread", async (_, which) => {
      const { result } = await inPage("isolated", "kill", 2, which);
      expect(result).toMatchObject({ first: { code: "worker" }, isFinite: true, second: { stopped: "completed" }, threads: 1 });
      expect(result.jobs).toBeGreaterThan(0);
      expect(result.seconds).toBeLessThan(15);
    });
  });
});
