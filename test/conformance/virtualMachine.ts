import { build } from "esbuild";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync } from "node:zlib";
import { INSTALLS, type Place, type Result } from "./place";

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const require = createRequire(new URL("../runtimes/package.json", import.meta.url));

/** The script of virtualMachine.mjs with all that it imports, as an edge's bundler makes one. */
async function script(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [file("virtualMachine.mjs")], bundle: true, write: false, format: "iife", target: "es2022", logLevel: "error",
    // Of workers, which there are none of.
    define: { "import.meta.url": "\"https://edge.invalid/\"" },
  });
  return outputFiles[0].text;
}

/** Vercel's edge runtime, which refuses to compile bytes, as their network does: a module must be given. */
export function virtualMachine(): Place {
  let isHere = true;
  try {
    require.resolve("@edge-runtime/vm");
  } catch {
    isHere = false;
  }
  return {
    name: "edge-runtime",
    visits: [{ engine: "wasm", threads: 1 }],
    missing: isHere ? undefined : INSTALLS,
    async open() {
      const { EdgeVM } = require("@edge-runtime/vm");
      const text = await script();
      const digits = brotliDecompressSync(readFileSync(file("../../examples/digits/digits.bin")));
      return {
        version: require("@edge-runtime/vm/package.json").version,
        async run(): Promise<Result> {
          const machine = new EdgeVM({ codeGeneration: { strings: false, wasm: false } });
          const refused = await machine.evaluate("WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])).then(() => false, () => true)");
          if (!refused) throw new Error("this machine compiles bytes");
          machine.evaluate(text);
          return machine.context.run(digits, { module: new WebAssembly.Module(readFileSync(file("../../dist/core.wasm"))) });
        },
      };
    },
  };
}
