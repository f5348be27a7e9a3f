/**
 * `import script from "./page/main.ts?bundle"`: a script or style sheet of the report's page as text, with what it imports inside and
 * without what only people need; `?hash`: the SHA-256 of that text, in base64, as a Content-Security-Policy takes it.
 */
import { createHash } from "node:crypto";
import { dirname, resolve } from "node:path";
import { build } from "esbuild";
import { noteLibraries } from "./licences.mjs";

/** The bundle of a file, without the newline at its end, or its hash. */
async function textOf(path, kind) {
  const { outputFiles, metafile } = await build({
    entryPoints: [path], bundle: true, minify: true, write: false, format: "iife", target: "es2022", charset: "utf8", legalComments: "none", metafile: true,
  });
  noteLibraries(metafile);
  const text = outputFiles[0].text.trim();
  return kind === "hash" ? createHash("sha256").update(text).digest("base64") : text;
}

/** For esbuild and tsup. Paths keep their ends, so that tsup's plugin for style sheets leaves them alone. */
export const inlinePage = {
  name: "inline-page",
  setup(esbuild) {
    for (const kind of ["bundle", "hash"]) {
      esbuild.onResolve({ filter: new RegExp(`\\?${kind}$`) }, ({ path, resolveDir }) => ({ path: resolve(resolveDir, path), namespace: kind }));
      esbuild.onLoad({ filter: /.*/, namespace: kind }, async ({ path }) => ({ contents: await textOf(path.split("?")[0], kind), loader: "text" }));
    }
  },
};

/** For Vite and vitest: names end as JavaScript does, so that nobody else takes the style sheet for one. */
export const inlinePageInVite = {
  name: "inline-page",
  enforce: "pre",
  resolveId(id, importer) {
    const [, path, kind] = /^(.+)\?(bundle|hash)$/.exec(id) ?? [];
    return path && importer ? `\0${kind}:${resolve(dirname(importer), path)}.js` : undefined;
  },
  async load(id) {
    const [, kind, path] = /^\0(bundle|hash):(.+)\.js$/.exec(id) ?? [];
    return path ? `export default ${JSON.stringify(await textOf(path, kind))};` : undefined;
  },
};
