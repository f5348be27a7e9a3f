import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Miniflare } from "miniflare";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundlers, esbuild, installTarball, makeApp, nextApp, nextConfig, sourceOf, start, tool } from "./bundlers";
import { serve } from "./server";

const path = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** What training.mjs tells. */
interface Result {
  error?: string;
  steps: { engine: string; results: string[] };
  subPaths: { results: string[]; isOne: boolean };
  one: Training;
  two: Training;
}
interface Training { engine: string; threads: number; notes: string[]; results: string[] }

/** What Node gives for the same program. */
let expected: Result;
beforeAll(async () => {
  await installTarball();
  expected = JSON.parse(await start(makeApp("node", { "run.mjs": sourceOf("run.mjs") }), "run.mjs")) as Result;
});

/** The bits are Node's; two threads, or one and a reason. */
function check(result: Result, threads: number): void {
  expect(result.error).toBeUndefined();
  expect(result.steps).toEqual({ engine: "wasm", results: expected.steps.results });
  expect(result.subPaths).toEqual(expected.subPaths);
  expect(result.one).toMatchObject({ engine: "wasm", threads: 1, results: expected.one.results });
  expect(result.two).toMatchObject({ engine: "wasm", results: expected.one.results });
  expect(result.two).toMatchObject({ threads, notes: threads === 1 ? [expect.stringMatching(/^one thread: /)] : [] });
}

test("Node has the tarball's core, two threads, and one class in all entries", () => {
  check(expected, 2);
  expect(expected.subPaths.isOne).toBe(true);
  expect(new Set(expected.one.results).size).toBe(2);
});

describe("an app in Chromium, built by", () => {
  let browser: Browser;
  beforeAll(async () => {
    if (!existsSync(path)) throw new Error(`Chromium is not at ${path}: apt-get install chromium, or set CHROMIUM to its path`);
    // A container's root has no sandbox.
    browser = await chromium.launch({ executablePath: path, headless: true, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
  });
  afterAll(() => browser?.close());

  test.each(bundlers)("$name", async ({ threads, build }) => {
    const server = await serve(await build());
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
      if (/error|warning/.test(message.type()) && !/404/.test(message.text())) complaints.push(message.text());
    });
    try {
      await page.goto(server.origin);
      await page.waitForFunction(() => "result" in globalThis, undefined, { timeout: 60_000 });
      const result = await page.evaluate(() => (globalThis as unknown as { result: Result }).result);
      check(result, threads);
      expect(complaints).toEqual([]);
    } finally {
      await page.close();
      server.close();
    }
  });
});

describe("without init, where bytes are not compiled,", () => {
  test("workerd trains in a request", async () => {
    const app = makeApp("workerd", { "workerd.mjs": sourceOf("workerd.mjs") });
    // As wrangler bundles.
    await esbuild(app, { entryPoints: ["workerd.mjs"], conditions: ["workerd", "worker", "browser"], external: ["*.wasm"] });
    const dist = join(app, "../node_modules/deltawasm/dist");
    const server = new Miniflare({
      compatibilityDate: "2026-04-01",
      modules: [
        { type: "ESModule", path: "workerd.js", contents: readFileSync(join(app, "dist/workerd.js"), "utf8") },
        ...["core.wasm", "core.predict.wasm"].map((path) => ({ type: "CompiledWasm" as const, path, contents: readFileSync(join(dist, path)) })),
      ],
    });
    try {
      const response = await server.dispatchFetch("http://localhost/");
      check(JSON.parse(await response.text()) as Result, 1);
    } finally {
      await server.dispose();
    }
  });

  test("an edge route of Next.js trains in a request", async () => {
    const app = makeApp("next-edge", { ...nextApp, "next.config.mjs": nextConfig(), "app/api/route.js": sourceOf("edge.mjs") });
    await start(app, tool("next/dist/bin/next"), "build");
    const port = 20_000 + (process.pid % 20_000);
    const server: ChildProcess = spawn(process.execPath, [tool("next/dist/bin/next"), "start", "-p", String(port)], { cwd: app });
    let told = "";
    server.stderr!.on("data", (text) => { told += String(text); });
    try {
      await new Promise((resolve, reject) => {
        server.stdout!.on("data", (text) => /Ready/.test(String(text)) && resolve(undefined));
        server.on("exit", reject);
      });
      const response = await fetch(`http://127.0.0.1:${port}/api`);
      expect(response.status, told).toBe(200);
      check(JSON.parse(await response.text()) as Result, 1);
    } finally {
      server.kill();
    }
  });
});
