import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const run = promisify(execFile);
const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const pinned = JSON.parse(readFileSync(path("digests.json"), "utf8")) as Record<string, string>;

const VERSIONS = ["20", "22", "24", "26"];
/** Where this platform has binaries in package.json, all versions must be there. */
const hasBinaries = ["linux-x64", "linux-arm64"].includes(`${process.platform}-${process.arch}`);
const binary = (version: string) => path(`node_modules/node${version}-${process.platform}-${process.arch}/bin/node`);

async function digests(node: string, form: string, engine: string): Promise<Record<string, string>> {
  const { stdout } = await run(node, [path("digest.mjs"), form, engine]);
  return JSON.parse(stdout) as Record<string, string>;
}

describe("the same bits", () => {
  it(`in the Node that runs the tests (${process.version})`, async () => {
    expect(await digests(process.execPath, "esm", "wasm")).toEqual(pinned);
  });

  describe.skipIf(!hasBinaries).each(VERSIONS)("Node %s", (version) => {
    const node = binary(version);

    it("is the version that it claims", async () => {
      expect(existsSync(node), `${node}: run npm run test:runtimes, which installs it`).toBe(true);
      expect((await run(node, ["--version"])).stdout).toMatch(new RegExp(`^v${version}\\.`));
    });

    it.each(["esm", "cjs"])("core, %s", async (form) => {
      expect(await digests(node, form, "wasm")).toEqual(pinned);
    });

    it("reference engine", async () => {
      expect(await digests(node, "esm", "reference")).toEqual(pinned);
    });
  });
});
