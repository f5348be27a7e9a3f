import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Opens an address in a Firefox that nobody drives, until `result` is there. What drives it (WebDriver BiDi, which playwright uses) makes
 * `new Worker` in a worker of a page never return, once in 100 to 200 times on busy processors (Firefox ESR 153); by itself it does not.
 */
export async function openUndriven<T>(path: string, url: string, result: Promise<T>): Promise<T> {
  const profile = await mkdtemp(join(tmpdir(), "deltawasm-firefox-"));
  const browser = spawn(path, ["--headless", "--no-remote", "--profile", profile, url], { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => {
    browser.once("error", () => resolve());
    browser.once("exit", () => resolve());
  });
  try {
    return await Promise.race([result, ended.then(() => Promise.reject(new Error("the browser ended")))]);
  } finally {
    browser.kill();
    await ended;
    // Its other processes end a moment later, and may still write.
    await rm(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}
