import { existsSync } from "node:fs";
import { type Browser, type BrowserType, chromium, firefox, type LaunchOptions, type Page } from "playwright-core";

export type { Page };

/** A variable of the environment, the system's browser, or the one that playwright has installed. */
const pathOf = (variable: string | undefined, system: string, type: BrowserType) => variable ?? [system, type.executablePath()].find(existsSync) ?? system;

/** How to get one. */
const install = (name: string, debian: string) => process.platform === "linux"
  ? `apt-get install ${debian}, or set ${name.toUpperCase()} to the path of one`
  : `npx --prefix test/browsers playwright-core install ${name.toLowerCase()}, or set ${name.toUpperCase()} to the path of one`;

/** The browsers of this machine. */
export const browsers = [
  {
    name: "Chromium", path: pathOf(process.env.CHROMIUM, "/usr/bin/chromium", chromium), install: install("Chromium", "chromium"),
    // A container's root has no sandbox.
    launch: (options: LaunchOptions) => chromium.launch({ ...options, args: [...(process.getuid?.() === 0 ? ["--no-sandbox"] : []), ...(options.args ?? [])] }),
  },
  {
    name: "Firefox", path: pathOf(process.env.FIREFOX, "/usr/bin/firefox-esr", firefox), install: install("Firefox", "firefox-esr"),
    // Playwright's own is driven in another way.
    launch: (options: LaunchOptions) => firefox.launch(options.executablePath === firefox.executablePath() ? options : { ...options, channel: "moz-firefox" }),
  },
];

/** Starts a browser without a window. */
export async function launch({ name, path, install, launch: start }: (typeof browsers)[number], options: LaunchOptions = {}): Promise<Browser> {
  if (!existsSync(path)) throw new Error(`${name} is not at ${path}: ${install}`);
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
