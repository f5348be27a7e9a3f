import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { relative } from "node:path";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync } from "node:zlib";
import { entryOf, INSTALLS, LIMIT, optionsOf, type Place, type Result } from "./place";

const root = fileURLToPath(new URL("../../", import.meta.url));
const require = createRequire(new URL("../runtimes/package.json", import.meta.url));
/** The newest that workerd of the installed miniflare knows, or older. */
const COMPATIBILITY = "2026-04-01";

/** What the Worker holds: itself, the program and the package as it is built. */
function modules() {
  const scripts = readdirSync(`${root}dist`, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".js") && !/^(cli|node)\.js$/.test(name));
  return [
    ...["workerd.mjs", "program.mjs", "cases.mjs"].map((name) => ({ type: "ESModule", path: `${root}test/conformance/${name}` })),
    // By the package's name.
    { type: "ESModule", path: `${root}test/conformance/deltawasm`, contents: `export * from "/${relative(root, entryOf("workerd"))}";` },
    ...scripts.map((name) => ({ type: "ESModule", path: `${root}dist/${name}` })),
    { type: "CompiledWasm", path: `${root}dist/core.wasm` },
    { type: "Data", path: `${root}test/conformance/digits.bin`, contents: brotliDecompressSync(readFileSync(`${root}examples/digits/digits.bin`)) },
  ];
}

/** Cloudflare's runtime, on this machine, by miniflare. */
export function workerd(): Place {
  let isHere = true;
  try {
    require.resolve("miniflare");
  } catch {
    isHere = false;
  }
  return {
    name: "workerd",
    visits: [{ engine: "wasm", threads: 1 }, { engine: "reference", threads: 1 }],
    missing: isHere ? undefined : INSTALLS,
    async open() {
      const { Miniflare } = require("miniflare");
      const server = new Miniflare({ modulesRoot: root, modules: modules(), compatibilityDate: COMPATIBILITY });
      return {
        version: require("workerd/package.json").version,
        async run(visit) {
          // For the whole of it: what a Worker writes may come all at once.
          const signal = AbortSignal.timeout(2 * LIMIT);
          const response = await server.dispatchFetch("http://localhost/", { method: "POST", body: JSON.stringify(optionsOf(visit)), signal });
          return answer(Readable.fromWeb(response.body));
        },
        end: () => server.dispose(),
      };
    },
  };
}

/** The result among the lines of an answer. */
async function answer(body: Readable): Promise<Result> {
  let stage = "none", rest = "";
  let result: Result | undefined;
  try {
    // To the end: what is left unread fails when the server goes.
    for await (const chunk of body.setEncoding("utf8")) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        const message = JSON.parse(line) as { stage?: string; result?: Result; error?: string };
        if (message.error !== undefined) throw new Error(message.error);
        result ??= message.result;
        stage = message.stage ?? stage;
      }
    }
    if (!result) throw new Error("the answer has no result");
    return result;
  } catch (error) {
    throw new Error(`${(error as Error).message}; the last stage was: ${stage}`);
  }
}
