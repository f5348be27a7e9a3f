import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browsers, launch, open } from "./browsers";
import { serve, type Server } from "./server";

/** Milliseconds after which a page that says nothing has failed. */
const LIMIT = 60_000;

describe.each(browsers)("$name", (description) => {
  let browser: Browser;
  let here: Server;
  let elsewhere: Server;
  let count = 0;

  beforeAll(async () => {
    [here, elsewhere] = await Promise.all([serve(), serve()]);
    browser = await launch(description);
  });

  afterAll(async () => {
    await browser?.close();
    here.close();
    elsewhere.close();
  });

  /**
   * What a function of pages/page.js gives in a fresh page with the headers of a kind (see server.ts), what the page complains of, and
   * what the browser reports. A page that hangs fails with the last stage that it told of.
   */
  async function inPage(kind: string, name: string, ...given: unknown[]): Promise<{ result: any; complaints: string[]; reports: string[] }> {
    const id = String(++count);
    const query = new URLSearchParams({ id, ...(kind === "foreign" ? { library: `${elsewhere.origin}/shared/dist/index.js` } : {}) });
    here.reports.length = 0;
    const hangs = here.answer<never>(id, LIMIT);
    const { page, complaints } = await open(browser, `${here.origin}/${kind === "foreign" ? "isolated" : kind}/pages/page.html?${query}`);
    try {
      const result = await Promise.race([hangs, page.evaluate(([name, given]) => (globalThis as any).tests[name](...given), [name, given] as const)]);
      return { result, complaints, reports: [...here.reports] };
    } finally {
      await page.close();
    }
  }

  describe("what a page allows", () => {
    it("without isolation there is one thread, and inspect says why", async () => {
      const { result, complaints } = await inPage("open", "train", 2);
      expect(result).toMatchObject({ engine: "wasm", threads: 1, first: { stopped: "completed" } });
      expect(result.notes).toEqual([expect.stringMatching(/one thread: .*cross-origin isolation/)]);
      expect(complaints).toEqual([]);
    });

    it.each(["policy", "strict"])("a policy is not violated: %s", async (kind) => {
      const { result, complaints, reports } = await inPage(kind, "train", 2);
      expect(result).toMatchObject({ engine: "wasm", threads: 2, notes: [], first: { stopped: "completed" }, after: { threads: 2 }, violations: [] });
      expect({ complaints, reports }).toEqual({ complaints: [], reports: [] });
    });

    it.each([["simd", 2], ["relaxed", 1], ["relaxed", 2]])("under connect-src 'self' the cores beside the library come: %s, threads: %i", async (build, threads) => {
      const { result, complaints, reports } = await inPage("strict", "train", threads, 5, undefined, { build });
      expect(result).toMatchObject({ engine: "wasm", build, threads, notes: [], first: { stopped: "completed" }, violations: [] });
      expect({ complaints, reports }).toEqual({ complaints: [], reports: [] });
    });

    it.each([["simd", 1, []], ["simd", 2, ["core.threads.wasm"]], ["relaxed", 1, ["core.relaxed.wasm"]]])("without connect-src the core inside the library runs, on one thread: %s, threads: %i", async (build, threads, refused) => {
      const { result } = await inPage("noConnect", "train", threads, 5, undefined, { build });
      expect(result).toMatchObject({ engine: "wasm", build: "simd", threads: 1, first: { stopped: "completed" } });
      expect(result.notes).toEqual(refused.length === 0 ? [] : [expect.stringMatching(build === "relaxed" ? /relaxed/ : /^one thread: the core for threads can't run here/)]);
      expect(result.violations).toEqual(refused.map((file) => `connect-src ${here.origin}/noConnect/dist/${file}`));
    });

    it("where a policy refuses WebAssembly the reference engine runs; inspect says so, and one warning", async () => {
      const { result, complaints, reports } = await inPage("noWasm", "train", 2, 1);
      expect(result).toMatchObject({ engine: "reference", threads: 1, first: { stopped: "completed" } });
      expect(result.notes).toEqual([expect.stringMatching(/WebAssembly refused the core/)]);
      expect(complaints.filter((text) => text.startsWith("deltawasm: "))).toEqual([expect.stringMatching(/the reference engine runs.*WebAssembly refused the core/)]);
      // What was tried is told both ways, by which the tests above would hear of more.
      expect([...new Set(result.violations)]).toEqual(["script-src wasm-eval"]);
      expect(reports.length).toBeGreaterThan(0);
      for (const report of reports) expect(report).toContain("wasm-eval");
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
      const { result: { steps, slices, frames, turns } } = await inPage("isolated", "responsiveness", threads);
      console.log(`${description.name}, threads: ${threads}: ${steps} steps in ${slices} slices; frames ${JSON.stringify(frames)}; turns ${JSON.stringify(turns)}`);
      expect(steps).toBeGreaterThan(10);
      // In three seconds; on an idle machine it is 180 frames, and a turn each millisecond or, with one thread, each slice.
      expect(frames.count).toBeGreaterThan(15);
      expect(turns.count).toBeGreaterThan(50);
      // Slices are of 8 ms and more, frames are awaited after 20.
      if (threads === 1) expect(slices / frames.count).toBeLessThan(5);
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
