import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const run = promisify(execFile);
const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const pinned = JSON.parse(readFileSync(path("digests.json"), "utf8")) as Record<string, string>;

/** Where this platform has binaries in package.json, all runtimes must be there. */
const hasBinaries = ["linux-x64", "linux-arm64"].includes(`${process.platform}-${process.arch}`);
const installed = (name: string, file: string) => path(`node_modules/${name}/${file}`);
const bunArch = process.arch === "arm64" ? "aarch64" : process.arch;

interface Runtime {
  name: string;
  /** What the version that it tells begins with. */
  version: string;
  binary: string;
  /** Arguments before the program. */
  args: string[];
}

const runtimes: Runtime[] = [
  ...["20", "22", "24", "26"].map((major) => ({
    name: `Node ${major}`, version: `v${major}.`, args: [],
    binary: installed(`node${major}-${process.platform}-${process.arch}`, "bin/node"),
  })),
  { name: "Deno", version: "deno 2.", binary: installed(`@deno/${process.platform}-${process.arch}-glibc`, "deno"), args: ["run", "-A"] },
  { name: "Bun", version: "1.", binary: installed(`@oven/bun-${process.platform}-${bunArch}`, "bin/bun"), args: [] },
];
const here: Runtime = { name: "", version: process.version, binary: process.execPath, args: [] };

async function digests({ binary, args }: Runtime, ...given: string[]): Promise<Record<string, string>> {
  const { stdout } = await run(binary, [...args, path("digest.mjs"), ...given]);
  return JSON.parse(stdout) as Record<string, string>;
}

describe("the same bits", () => {
  it.each(["1", "2", "3"])(`in the Node that runs the tests (${process.version}), threads: %s`, async (threads) => {
    expect(await digests(here, "esm", "wasm", threads)).toEqual(pinned);
  });

  describe.skipIf(!hasBinaries).each(runtimes)("$name", (runtime) => {
    it("is the version that it claims", async () => {
      expect(existsSync(runtime.binary), `${runtime.binary}: run npm run test:runtimes, which installs it`).toBe(true);
      expect((await run(runtime.binary, ["--version"])).stdout.startsWith(runtime.version)).toBe(true);
    });

    it.each(["esm", "cjs"])("core, %s", async (form) => {
      expect(await digests(runtime, form, "wasm")).toEqual(pinned);
    });

    it.each(["esm", "cjs"])("core, %s, two threads", async (form) => {
      expect(await digests(runtime, form, "wasm", "2")).toEqual(pinned);
    });

    // Where there are none, plain ones with a note.
    it.each(["1", "2"])("wide registers, threads: %s", async (threads) => {
      expect(await digests(runtime, "esm", "wasm", threads, "wide")).toEqual(pinned);
    });

    it("reference engine", async () => {
      expect(await digests(runtime, "esm", "reference")).toEqual(pinned);
    });
  });
});

describe.skipIf(!hasBinaries).each(runtimes)("a team in $name", ({ binary, args }) => {
  it("takes nothing while it is idle, outlives no program, and may lose a thread", async () => {
    // Ends by itself: else this fails by its time.
    const { stdout } = await run(binary, [...args, path("team.mjs")], { timeout: 60_000 });
    const { idle, loss, started } = JSON.parse(stdout);
    expect(idle).toBeLessThan(0.1);
    expect(loss).toEqual({ code: "worker", isFinite: true, stopped: "completed", threads: 1 });
    expect(started, "a new team for each, with one thread beside the main one").toBe(3);
  });
});
