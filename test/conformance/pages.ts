import { existsSync } from "node:fs";
import type { Page } from "../browsers/browsers";
import { serve, type Server } from "../browsers/server";
import { LIMIT, type Open, optionsOf, type Place, type Result, type Visit } from "./place";
import { openUndriven } from "./undriven";

/** What a page gives beside the result. */
interface PageResult extends Result {
  /** Of the page's policy, as its events tell. */
  violations: string[];
  /** What the library wrote to the console. */
  warnings: string[];
}

/**
 * All in isolated pages whose policy is `script-src 'self' 'wasm-unsafe-eval'`, of which nothing may be violated; where it is
 * `script-src 'self'`, the reference engine stands in, with one warning.
 */
export function visitsOf(name: string, threads: readonly number[] = [1, 2, 4]): Visit[] {
  const team = threads.map((count) => ({ engine: "wasm" as const, threads: count }));
  return [
    ...team.map((visit) => ({ ...visit, runtime: `${name} page`, how: "policy/page" })),
    ...team.map((visit) => ({ ...visit, runtime: `${name} Web Worker`, how: "policy/worker" })),
    { engine: "wasm", threads: 1, runtime: `${name} service worker`, how: "policy/serviceWorker" },
    { engine: "reference", threads: 1, runtime: `${name} page`, how: "noWasm/page", options: { threads: 1 } },
  ];
}

let count = 0;

/** The address of a visit, and what comes of it. */
export function visitOn(server: Server, visit: Visit): { url: string; result: Promise<Result> } {
  const [kind, place] = visit.how!.split("/");
  const id = String(++count);
  server.reports.length = 0;
  const query = new URLSearchParams({ id, place, options: JSON.stringify(optionsOf(visit)) });
  return { url: `${server.origin}/${kind}/conformance/pages/page.html?${query}`, result: checked(server, kind, id) };
}

async function checked(server: Server, kind: string, id: string): Promise<Result> {
  const { violations, warnings, ...result } = await server.answer<PageResult>(id, LIMIT);
  const complaints = kind === "policy" ? [...violations, ...warnings, ...server.reports] : [];
  if (complaints.length > 0) throw new Error(`the page complains: ${complaints.join("; ")}`);
  if (kind === "noWasm" && warnings.length !== 1) throw new Error(`expected one warning, got ${warnings.length}: ${warnings.join("; ")}`);
  return result;
}

/** Pages of the browsers that playwright drives. It is asked for late: it may not be installed. */
export async function pages(): Promise<Place[]> {
  const driver = await import("../browsers/browsers").catch(() => undefined);
  if (!driver) return ["Chromium", "Firefox"].map((name) => ({ name, visits: [], missing: "npm run conformance, which installs what drives it", open: () => Promise.reject(new Error("it is not here")) }));
  return driver.browsers.map((description): Place => ({
    name: description.name,
    visits: visitsOf(description.name),
    missing: existsSync(description.path) ? undefined : description.install,
    async open(): Promise<Open> {
      const [server, browser] = [await serve(), await driver.launch(description)];
      return {
        version: browser.version(),
        async run(visit) {
          if (description.name === "Firefox" && visit.how === "policy/worker" && visit.threads > 1) {
            const { url, result } = visitOn(server, visit);
            return openUndriven(description.path, url, result);
          }
          const page = await browser.newPage();
          try {
            const { url, result } = visitOn(server, visit);
            return await Promise.race([result, failureOf(page, visit), page.goto(url).then(() => result)]);
          } finally {
            await page.close();
          }
        },
        async end() {
          await browser.close();
          server.close();
        },
      };
    },
  }));
}

/** Rejects with what goes wrong in a page before it can tell of it. */
function failureOf(page: Page, { engine }: Visit): Promise<never> {
  return new Promise((_, reject) => {
    page.on("crash", () => reject(new Error("the page crashed")));
    // That a policy refuses WebAssembly is an error to Firefox.
    if (engine === "wasm") page.on("pageerror", reject);
  });
}
