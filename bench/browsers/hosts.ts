import { fork } from "node:child_process";
import { browsers, launch, open } from "../../test/browsers/browsers";
import { serve } from "../../test/browsers/server";
import type { feel } from "./responsiveness";
import type { Description, visit } from "./side";

type Visit = Awaited<ReturnType<typeof visit>>;

/** An engine that runs cases. */
export interface Host {
  /** Its name and version. */
  engine: string;
  visit(description: Description): Promise<Visit>;
  /** Trains while the host's thread is measured: in pages. */
  feel?: typeof feel;
  end(): Promise<void>;
}

/** A process of Node that runs the same bundle. */
export function nodeHost(program: string): Host {
  const child = fork(program);
  let answered: ((answer: { result?: Visit; error?: string }) => void) | undefined;
  child.on("message", (answer: object) => answered?.(answer));
  child.on("exit", (code) => answered?.({ error: `it ended with code ${code}` }));
  return {
    engine: `node ${process.versions.node}`,
    visit: async (description) => {
      const answer = new Promise<{ result?: Visit; error?: string }>((resolve) => (answered = resolve));
      child.send(description);
      const { result, error } = await answer;
      if (!result) throw new Error(error);
      return result;
    },
    end: async () => {
      child.kill();
    },
  };
}

/** An isolated page in each browser that the tests know. */
export async function browserHosts(): Promise<Host[]> {
  const server = await serve();
  const running: Awaited<ReturnType<typeof launch>>[] = [];
  const hosts: Host[] = [];
  for (const description of browsers) {
    const browser = await launch(description, { firefoxUserPrefs: { "privacy.reduceTimerPrecision": false } });
    running.push(browser);
    const { page, complaints } = await open(browser, `${server.origin}/isolated/bench/page.html`);
    page.setDefaultTimeout(0);
    const fail = (error: unknown): never => {
      throw new Error([String(error), ...complaints].join("\n"));
    };
    hosts.push({
      engine: `${description.name.toLowerCase()} ${browser.version()}`,
      visit: (given) => page.evaluate((given) => (globalThis as unknown as { tests: { visit: typeof visit } }).tests.visit(given), given).catch(fail),
      // A page in the background draws no frames.
      feel: async (given) => {
        await page.bringToFront();
        return page.evaluate((given) => (globalThis as unknown as { tests: { feel: typeof feel } }).tests.feel(given), given).catch(fail);
      },
      end: async () => {
        await browser.close();
        if (running.every((one) => !one.isConnected())) server.close();
      },
    });
  }
  return hosts;
}
