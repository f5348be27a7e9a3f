import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build, type BuildOptions } from "esbuild";

const root = fileURLToPath(new URL("../../", import.meta.url));
const here = fileURLToPath(new URL("./", import.meta.url));
/** Where the apps are built. The packages of this folder are found from there, and the packed library beside the apps. */
const work = join(here, "build");
const execute = promisify(execFile);

/** Runs a program in a folder; its output. */
export async function start(folder: string, program: string, ...given: string[]): Promise<string> {
  const env = { ...process.env, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1", FORCE_COLOR: "0" };
  return (await execute(process.execPath, [program, ...given], { cwd: folder, env, maxBuffer: 2 ** 26 }).catch((error) => {
    throw new Error(`${program} ${given.join(" ")}:\n${error.stdout}\n${error.stderr}`);
  })).stdout;
}

/** A program of a package of this folder. */
export const tool = (path: string) => join(here, "node_modules", path);

/** Packs the library as npm would publish it, where the apps find it. */
export async function installTarball(): Promise<void> {
  rmSync(work, { recursive: true, force: true });
  const installed = join(work, "node_modules/deltawasm");
  mkdirSync(installed, { recursive: true });
  const { stdout } = await execute("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", work], { cwd: root });
  const [{ filename }] = Object.values(JSON.parse(stdout)) as { filename: string }[];
  await execute("tar", ["-xzf", join(work, filename), "-C", installed, "--strip-components=1"]);
}

/** A new folder with the app's sources, and what else is given: text by path, or a file of this folder. */
export function makeApp(name: string, files: Record<string, string> = {}): string {
  const folder = join(work, name);
  mkdirSync(folder, { recursive: true });
  for (const file of ["training.mjs", "main.mjs"]) cpSync(join(here, file), join(folder, file));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

export const sourceOf = (file: string) => readFileSync(join(here, file), "utf8");

/** A page that starts a script. */
export const pageWith = (script: string, head = "") => `<!doctype html><html lang="en"><meta charset="utf-8"><title>app</title>${head}<script type="module" src="${script}"></script></html>`;

/** What builds the app: makes a folder of it with `index.html`, for a server of files. `threads`: how many there are when two are asked for. */
export const bundlers: { name: string; threads: 1 | 2; build(): Promise<string> }[] = [
  {
    name: "Vite",
    threads: 2,
    async build() {
      const app = makeApp("vite", { "index.html": pageWith("./main.mjs"), "package.json": "{}" });
      await start(app, tool("vite/bin/vite.js"), "build");
      return join(app, "dist");
    },
  },
  {
    name: "webpack",
    threads: 2,
    async build() {
      const app = makeApp("webpack", { "dist/index.html": pageWith("main.js"), "package.json": "{}" });
      await start(app, tool("webpack-cli/bin/cli.js"), "--entry", "./main.mjs", "--mode", "production");
      return join(app, "dist");
    },
  },
  {
    name: "esbuild",
    threads: 1,
    async build() {
      const app = makeApp("esbuild", { "dist/index.html": pageWith("main.js") });
      await esbuild(app, { splitting: true });
      return join(app, "dist");
    },
  },
  {
    name: "esbuild, one file",
    threads: 1,
    async build() {
      const app = makeApp("esbuild-one", { "dist/index.html": pageWith("main.js") });
      await esbuild(app);
      return join(app, "dist");
    },
  },
  {
    name: "esbuild, the files for threads beside",
    threads: 2,
    async build() {
      const app = makeApp("esbuild-threads", { "dist/index.html": pageWith("main.js") });
      await esbuild(app);
      for (const file of ["worker.js", "core.threads.wasm"]) cpSync(join(work, "node_modules/deltawasm/dist", file), join(app, "dist", file));
      return join(app, "dist");
    },
  },
  {
    name: "Rollup",
    threads: 1,
    async build() {
      const app = makeApp("rollup", { "dist/index.html": pageWith("main.js"), "package.json": "{}" });
      await start(app, tool("rollup/dist/bin/rollup"), "main.mjs", "--dir", "dist", "--entryFileNames", "main.js", "--plugin", `${tool("@rollup/plugin-node-resolve/dist/es/index.js")}`);
      return join(app, "dist");
    },
  },
  {
    name: "Parcel",
    threads: 2,
    async build() {
      const app = makeApp("parcel", {
        "index.html": pageWith("./main.mjs"),
        "package.json": JSON.stringify({ "@parcel/resolver-default": { packageExports: true } }),
        // Parcel takes its settings from the folder of a lock file.
        "package-lock.json": "{}",
      });
      await start(app, tool("parcel/lib/bin.js"), "build", "index.html", "--no-cache", "--cache-dir", ".parcel-cache", "--public-url", "./");
      return join(app, "dist");
    },
  },
  {
    name: "Next.js",
    threads: 2,
    async build() {
      const app = makeApp("next", { ...nextApp, "next.config.mjs": nextConfig({ output: "export" }) });
      await start(app, tool("next/dist/bin/next"), "build");
      return join(app, "out");
    },
  },
  {
    name: "no bundler, with the package's files on a server",
    threads: 2,
    async build() {
      const imports = Object.fromEntries(["", "/data", "/metrics", "/model", "/predict"].map((path) => [`deltawasm${path}`, `./deltawasm/${path.slice(1) || "index"}.js`]));
      const map = `<script type="importmap">${JSON.stringify({ imports })}</script>`;
      const app = makeApp("plain", { "index.html": pageWith("./main.mjs", map) });
      cpSync(join(work, "node_modules/deltawasm/dist"), join(app, "deltawasm"), { recursive: true });
      return app;
    },
  },
];

/** The text of a Next.js app's settings: it would look for its root in the folders above. */
export const nextConfig = (options = {}) => `export default ${JSON.stringify({ ...options, outputFileTracingRoot: here })};`;

/** What a Next.js app has beside its sources. */
export const nextApp = {
  "package.json": "{}",
  "app/layout.jsx": "export default ({ children }) => <html lang=\"en\"><body>{children}</body></html>;",
  "app/page.jsx": sourceOf("next.mjs"),
};

/** Bundles an app's main.mjs into dist. */
export async function esbuild(app: string, options: BuildOptions = {}): Promise<void> {
  await build({ absWorkingDir: app, entryPoints: ["main.mjs"], bundle: true, minify: true, format: "esm", outdir: "dist", logLevel: "warning", ...options });
}
