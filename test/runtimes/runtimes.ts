import { fileURLToPath } from "node:url";

/** A runtime that runs programs of Node. */
export interface Runtime {
  name: string;
  binary: string;
  /** Arguments before the program. */
  args: string[];
}

const { platform, arch } = process;
const installed = (file: string) => fileURLToPath(new URL(`node_modules/${file}`, import.meta.url));
const bunArch = arch === "arm64" ? "aarch64" : arch;

/** Those of package.json, which has binaries of them for Linux. */
export const runtimes: Runtime[] = [
  ...["20", "22", "24", "26"].map((major) => ({ name: `Node ${major}`, binary: installed(`node${major}-${platform}-${arch}/bin/node`), args: [] })),
  { name: "Deno", binary: installed(`@deno/${platform}-${arch}-glibc/deno`), args: ["run", "-A"] },
  { name: "Bun", binary: installed(`@oven/bun-${platform}-${bunArch}/bin/bun`), args: [] },
];

/** Whether this platform has binaries in package.json: then all of them must be there. */
export const hasBinaries = ["linux-x64", "linux-arm64"].includes(`${platform}-${arch}`);
