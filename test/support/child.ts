import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

const dist = (file: string) => new URL(`../../dist/${file}`, import.meta.url);
/** How a program comes by the built package. */
const LOADING = {
  esm: `import * as deltawasm from ${JSON.stringify(dist("index.js").href)};`,
  cjs: `import { createRequire } from "node:module"; const deltawasm = createRequire(${JSON.stringify(dist("").href)})(${JSON.stringify(fileURLToPath(dist("index.cjs")))});`,
};

export interface Ending {
  code: number | string;
  output: string;
  errors: string;
}

export interface ChildOptions {
  form?: keyof typeof LOADING;
  node?: string;
  flags?: readonly string[];
}

/** How long a child may take: what it does is a matter of a second, but it may have to share the machine. */
const PATIENCE = 60_000;

/**
 * Runs a program in a Node process of its own, on the built package: the body of a module in which `deltawasm` is the library.
 * A program that doesn't end is killed, which shows as the code.
 */
export function runChild(program: string, { form = "esm", node = process.execPath, flags = [] }: ChildOptions = {}): Promise<Ending> {
  const source = `${LOADING[form]}\n${program}`;
  return new Promise((resolve) => {
    execFile(node, [...flags, "--input-type=module", "-e", source], { timeout: PATIENCE }, (error, output, errors) => {
      resolve({ code: error ? error.code ?? error.signal ?? "failed" : 0, output, errors });
    });
  });
}
