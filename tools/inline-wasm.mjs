/**
 * `import hex from "core.wasm"`: the module's bytes as hexadecimal digits. After gzip they are a sixth smaller than in base64, whose
 * letters hide what repeats in the bytes. `import url from "core.wasm?url"`: a function that tells where the file lies, in the form
 * that bundlers know and copy the file for.
 */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { pathToFileURL } from "node:url";

/** The digits of a file. */
const digitsOf = (path) => readFileSync(path).toString("hex");

/** For esbuild and tsup. */
export const inlineWasm = plugin(digitsOf);

/** The same without the digits. */
export const withoutWasm = plugin(() => "");

function plugin(textOf) {
  return { name: "inline-wasm", setup: (build) => setUp(build, textOf) };
}

function setUp(build, textOf) {
  build.onResolve({ filter: /\.wasm\?url$/ }, ({ path }) => ({ path: basename(path, "?url"), namespace: "wasm-url" }));
  build.onLoad({ filter: /./, namespace: "wasm-url" }, ({ path }) => ({ contents: `export default () => new URL("./${path}", import.meta.url);` }));
  build.onLoad({ filter: /\.wasm$/, namespace: "file" }, ({ path }) => ({ contents: textOf(path), loader: "text" }));
}

/** For Vite and vitest. */
export const inlineWasmInVite = {
  name: "inline-wasm",
  enforce: "pre",
  load: (id) => {
    if (id.endsWith(".wasm?url")) return `export default () => new URL(${JSON.stringify(pathToFileURL(id.slice(0, -"?url".length)).href)});`;
    return id.endsWith(".wasm") ? `export default "${digitsOf(id)}";` : undefined;
  },
};
