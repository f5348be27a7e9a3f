import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { renderReport, type RunRecord } from "deltawasm/report";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { healthy, hostile, long, regression } from "../support/reports";
import { browsers, launch } from "./browsers";

const folder = mkdtempSync(join(tmpdir(), "deltawasm-report-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(browsers)("a report in $name", (description) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch(description);
  });
  afterAll(() => browser?.close());

  /** Opens a record's page from a file; what it complains about, and what it asks for beside itself, ends up in lists. */
  async function shown(record: RunRecord, options: { colorScheme?: "light" | "dark"; width?: number } = {}): Promise<{ page: Page; complaints: string[]; requests: string[] }> {
    const path = join(folder, "report.html");
    writeFileSync(path, renderReport(record));
    const page = await browser.newPage({ colorScheme: options.colorScheme ?? "light", viewport: { width: options.width ?? 1200, height: 800 } });
    const [complaints, requests]: [string[], string[]] = [[], []];
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("request", (request) => requests.push(request.url()));
    await page.goto(pathToFileURL(path).href);
    return { page, complaints, requests: requests.filter((url) => url !== pathToFileURL(path).href) };
  }

  /** Of each canvas, how many of its points are not clear. */
  const inkOf = (page: Page) => page.evaluate(() => Array.from(document.querySelectorAll("canvas")).map((canvas) => {
    const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
    return data.filter((value, n) => n % 4 === 3 && value > 0).length;
  }));
  const backOf = (page: Page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);

  it.each(["light", "dark"] as const)("draws every chart and image in %s, asks for nothing and complains about nothing", async (colorScheme) => {
    const { page, complaints, requests } = await shown(await healthy(), { colorScheme });
    const ink = await inkOf(page);
    expect(ink.length).toBeGreaterThan(9);
    expect(Math.min(...ink)).toBeGreaterThan(50);
    // Firefox, driven from outside, has its own scheme whatever it is told; the page's switch is tried below.
    const isDark = await page.evaluate(() => matchMedia("(prefers-color-scheme: dark)").matches);
    if (description.name === "Chromium") expect(isDark).toBe(colorScheme === "dark");
    expect(await backOf(page)).toBe(isDark ? "rgb(22, 24, 28)" : "rgb(255, 255, 255)");
    expect({ complaints, requests }).toEqual({ complaints: [], requests: [] });
    await page.close();
  });

  it("keeps texts of the record texts", async () => {
    const { page, complaints, requests } = await shown(hostile());
    expect(await page.evaluate(() => [(globalThis as { hacked?: number }).hacked, document.querySelectorAll("img").length, document.scripts.length])).toEqual([undefined, 0, 2]);
    expect(await page.locator("h1").textContent()).toBe(hostile().title);
    expect({ complaints, requests }).toEqual({ complaints: [], requests: [] });
    await page.close();
  });

  it("changes colours, reads values by key, moves through time and switches axes", async () => {
    const { page, complaints } = await shown(await healthy());
    await page.selectOption("#theme", "dark");
    expect(await backOf(page)).toBe("rgb(22, 24, 28)");
    await page.focus("#loss");
    await page.keyboard.press("Home");
    expect(await page.locator("#loss .u-value").first().textContent()).toBe("1");
    await page.keyboard.press("ArrowRight");
    expect(await page.locator("#loss .u-value").first().textContent()).toBe("2");
    const picture = () => page.evaluate(() => Array.from(document.querySelectorAll("canvas")).map((canvas) => canvas.toDataURL()));
    const before = await picture();
    await page.focus("#moment");
    await page.keyboard.press("Home");
    expect(await page.locator("#moment-text").textContent()).toMatch(/^epoch 1, step/);
    await page.click("[data-log=gradients]");
    const after = await picture();
    expect(after.filter((url, n) => url !== before[n])).toHaveLength(1 + 3);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it.each([360, 1600])("is no wider than a window of %i", async (width) => {
    for (const record of [await healthy(), hostile(), regression()]) {
      const { page } = await shown(record, { width });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      await page.close();
    }
  });

  it("draws 10,000 epochs of 20 layers", async () => {
    const { page, complaints } = await shown(long());
    expect(Math.min(...await inkOf(page))).toBeGreaterThan(50);
    expect(complaints).toEqual([]);
    await page.close();
  });
});
