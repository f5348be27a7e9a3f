import { existsSync } from "node:fs";
import { type Browser, chromium, firefox, type LaunchOptions, type Page } from "playwright-core";

/** The browsers of the system; a variable of the environment names another binary. */
export const browsers = [
  {
    name: "Chromium", path: process.env.CHROMIUM ?? "/usr/bin/chromium",
    // A container's root has no sandbox.
    launch: (options: LaunchOptions) => chromium.launch({ ...options, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] }),
  },
  {
    name: "Firefox", path: process.env.FIREFOX ?? "/usr/bin/firefox-esr",
    launch: (options: LaunchOptions) => firefox.launch({ ...options, channel: "moz-firefox" }),
  },
];

/** Starts a browser without a window. */
export async function launch({ name, path, launch: start }: (typeof browsers)[number], options: LaunchOptions = {}): Promise<Browser> {
  if (!existsSync(path)) throw new Error(`${name} is not at ${path}: apt-get install chromium firefox-esr, or set ${name.toUpperCase()} to its path`);
  return start({ ...options, executablePath: path, headless: true });
}

/** Opens a page and waits until its functions are there. What the page complains about ends up in `complaints`. */
export async function open(browser: Browser, url: string): Promise<{ page: Page; complaints: string[] }> {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() !== "error" && message.type() !== "warning") return;
    // Browsers ask for a picture of their own accord.
    if (!message.location().url.endsWith("favicon.ico")) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(url);
  await page.waitForFunction(() => "tests" in globalThis, undefined, { timeout: 20_000 });
  return { page, complaints };
}
