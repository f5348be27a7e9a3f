/**
 * `import hex from "core.wasm"`: the module's bytes as hexadecimal digits. After gzip they are a sixth smaller than in base64, whose
 * letters hide what repeats in the bytes.
 */
import { readFileSync } from "node:fs";

/** The digits of a file. */
const digitsOf = (path) => readFileSync(path).toString("hex");

/** For esbuild and tsup. */
export const inlineWasm = {
  name: "inline-wasm",
  setup(build) {
    build.onLoad({ filter: /\.wasm$/ }, ({ path }) => ({ contents: digitsOf(path), loader: "text" }));
  },
};

/** For Vite and vitest. */
export const inlineWasmInVite = {
  name: "inline-wasm",
  enforce: "pre",
  load: (id) => (id.endsWith(".wasm") ? `export default "${digitsOf(id)}";` : undefined),
};
