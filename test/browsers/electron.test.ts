import { build } from "esbuild";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { brotliDecompressSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browsers, launch } from "./browsers";

// Electron's binary comes from GitHub, not from npm, so its parts are imitated. The main process is Node, which the conformance program
// runs in. A renderer with context isolation is a page of Chromium without Node. Loaded by `loadFile` it comes from file://, where
// Electron lets it read files beside it (the fuse GrantFileProtocolExtraPrivileges, on by default), as the flag below does; a policy is a <meta> there.

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const digests = JSON.parse(readFileSync(path("../conformance/digests.json"), "utf8")) as Record<string, string>;
const digits = brotliDecompressSync(readFileSync(path("../../examples/digits/digits.bin")));
const folder = mkdtempSync(join(tmpdir(), "deltawasm-electron-"));

/** Pages of the app: as modules beside the package, and as one script without modules, as bundlers make it. */
async function writeApp(): Promise<void> {
  const digitsModule = `export default Uint8Array.from(atob("${digits.toString("base64")}"), (letter) => letter.charCodeAt(0));\n`;
  writeFileSync(join(folder, "digits.js"), digitsModule);
  cpSync(path("../../dist"), join(folder, "dist"), { recursive: true });
  for (const name of ["program", "cases"]) cpSync(path(`../conformance/${name}.mjs`), join(folder, `${name}.mjs`));
  const app = readFileSync(path("pages/electron.js"), "utf8");
  const places = { "\"deltawasm\"": "\"./dist/index.js\"", "\"digits\"": "\"./digits.js\"", "\"../../conformance/program.mjs\"": "\"./program.mjs\"" };
  writeFileSync(join(folder, "app.mjs"), Object.entries(places).reduce((text, [from, to]) => text.replace(from, to), app));
  await build({
    entryPoints: [join(folder, "app.mjs")], outfile: join(folder, "app.js"), bundle: true, format: "iife", target: "es2022", logLevel: "error",
    // Where the workers of a team are: from file:// there is none.
    define: { "import.meta.url": "document.baseURI" },
  });
  for (const [kind, script] of [["modules", "<script type=\"module\" src=\"app.mjs\"></script>"], ["script", "<script src=\"app.js\"></script>"]]) {
    for (const [name, policy] of Object.entries(policies)) {
      writeFileSync(join(folder, `${kind}-${name}.html`), `<!doctype html>\n<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="${policy}">\n${script}\n`);
    }
  }
}

const policies = { wasm: "script-src 'self' 'wasm-unsafe-eval'", recommended: "script-src 'self'" };

beforeAll(writeApp);
afterAll(() => rmSync(folder, { recursive: true }));

describe.each([
  ["Electron's renderer from file://, imitated by Chromium's --allow-file-access-from-files", ["--allow-file-access-from-files"]],
  ["Chromium on file://, which reads no files beside the page", []],
])("%s", (_, args) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch(browsers[0], { args });
  });
  afterAll(() => browser?.close());

  /** What an app's page gives in the end. */
  async function resultOf(kind: string, policy: keyof typeof policies): Promise<any> {
    const page: Page = await browser.newPage();
    try {
      await page.goto(pathToFileURL(join(folder, `${kind}-${policy}.html`)).href);
      const handle = await page.waitForFunction(() => (globalThis as any).result, undefined, { timeout: 60_000 });
      return await handle.jsonValue();
    } catch (error) {
      throw new Error(`${String(error)}; the last stage was: ${await page.evaluate(() => (globalThis as any).stage)}`);
    } finally {
      await page.close();
    }
  }

  it.each(args.length > 0 ? ["modules", "script"] : ["script"])("runs the core under script-src 'self' 'wasm-unsafe-eval', with no violation: %s", async (kind) => {
    const result = await resultOf(kind, "wasm");
    expect(result).toMatchObject({ digests, engine: "wasm", threads: 1, violations: [] });
    expect(result.notes).toEqual([expect.stringMatching(/one thread: .*cross-origin isolation/)]);
  });

  it.runIf(args.length > 0)("runs the reference engine under the recommended policy, script-src 'self'", async () => {
    const result = await resultOf("script", "recommended");
    expect(result).toMatchObject({ digests, engine: "reference" });
    expect([...new Set(result.violations)]).toEqual(["script-src wasm-eval"]);
  });

  it.skipIf(args.length > 0)("loads no modules there: an app must be bundled to a script, or be served", async () => {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on("console", (message) => errors.push(message.text()));
    await page.goto(pathToFileURL(join(folder, "modules-wasm.html")).href);
    await expect.poll(() => errors.join("\n")).toMatch(/from origin 'null' has been blocked by CORS policy/);
    expect(await page.evaluate(() => "result" in globalThis)).toBe(false);
    await page.close();
  });
});
