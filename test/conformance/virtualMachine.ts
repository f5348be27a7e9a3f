import { build, type Plugin } from "esbuild";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync } from "node:zlib";
import { entryOf, INSTALLS, type Place, type Result } from "./place";

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const require = createRequire(new URL("../runtimes/package.json", import.meta.url));

/** An edge's bundler compiles what is imported so, and gives the module. */
const compiledWasm: Plugin = {
  name: "compiled-wasm",
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /\.wasm\?module$/ }, () => ({ path: "core", namespace: "compiled" }));
    onLoad({ filter: /.*/, namespace: "compiled" }, () => ({ contents: "export default globalThis.core;" }));
  },
};

/** The script of virtualMachine.mjs with all that it imports, as an edge's bundler makes one. */
async function script(condition: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [file("virtualMachine.mjs")], bundle: true, write: false, format: "iife", target: "es2022", logLevel: "error",
    alias: { deltawasm: entryOf(condition) }, plugins: [compiledWasm],
    // Of workers, which there are none of.
    define: { "import.meta.url": "\"https://edge.invalid/\"" },
  });
  return outputFiles[0].text;
}

/** Vercel's edge runtime, which refuses to compile bytes, as their network does: a module is imported, or given to `init`. */
export function virtualMachine(): Place {
  let isHere = true;
  try {
    require.resolve("@edge-runtime/vm");
  } catch {
    isHere = false;
  }
  return {
    name: "edge-runtime",
    visits: [
      { engine: "wasm", threads: 1, how: "edge-light" },
      { engine: "wasm", threads: 1, how: "import", runtime: "edge-runtime, init({ module })" },
    ],
    missing: isHere ? undefined : INSTALLS,
    async open() {
      const { EdgeVM } = require("@edge-runtime/vm");
      const digits = brotliDecompressSync(readFileSync(file("../../examples/digits/digits.bin")));
      return {
        version: require("@edge-runtime/vm/package.json").version,
        async run({ how }): Promise<Result> {
          const core = new WebAssembly.Module(readFileSync(file("../../dist/core.wasm")));
          const machine = new EdgeVM({ codeGeneration: { strings: false, wasm: false }, extend: (context: object) => Object.assign(context, { core }) });
          const refused = await machine.evaluate("WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])).then(() => false, () => true)");
          if (!refused) throw new Error("this machine compiles bytes");
          machine.evaluate(await script(how!));
          return machine.context.run(digits, how === "import" ? { module: core } : {});
        },
      };
    },
  };
}
