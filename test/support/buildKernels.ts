import { mkdirSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Compiles every AssemblyScript entry in test/kernels to build/kernels/NAME.wasm, so that tests can call single kernels. */
export default async function buildKernels(): Promise<void> {
  mkdirSync(`${root}build/kernels`, { recursive: true });
  for (const file of readdirSync(`${root}test/kernels`).filter((name) => name.endsWith(".ts"))) {
    const { error, stderr } = await asc.main([
      `test/kernels/${file}`,
      "--baseDir", root,
      "--target", "kernels",
      "--outFile", `build/kernels/${file.replace(/\.ts$/, ".wasm")}`,
    ]);
    if (error) throw new Error(`test/kernels/${file}: ${error.message}\n${stderr.toString()}`);
  }
}
