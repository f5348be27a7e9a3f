import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

// The programs of README.md, as they stand there, on the built package: `npm test` builds it first.

const run = promisify(execFile);
const root = join(import.meta.dirname, "..");
const readme = readFileSync(join(root, "README.md"), "utf8");
const programs = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text]) => text);
// Inside the package, where "deltawasm" is the package itself.
const folder = join(root, "build", "readme");
mkdirSync(folder, { recursive: true });
const paths = programs.map((text, n) => {
  const path = join(folder, `program${n}.ts`);
  writeFileSync(path, text);
  return path;
});

async function outputOf(path: string): Promise<string> {
  const { stdout } = await run(process.execPath, ["--import", "tsx", path], { cwd: root, env: { ...process.env, NO_COLOR: "1" } });
  return stdout;
}

describe("README.md", () => {
  it("has three programs", () => {
    expect(programs).toHaveLength(3);
  });

  it("learns XOR", async () => {
    const numbers = (await outputOf(paths[0])).match(/\d\.\d+(e-\d+)?/g)!.map(Number);
    expect(numbers.map(Math.round)).toEqual([0, 1, 1, 0]);
    for (const [n, target] of [0, 1, 1, 0].entries()) expect(Math.abs(numbers[n] - target)).toBeLessThan(0.05);
  });

  it("learns a spiral, and prints what it says", async () => {
    const [ended, numbers, shape, error] = (await outputOf(paths[1])).trim().split("\n");
    expect(ended).toMatch(/^completed \{ loss: 0\.\d+, accuracy: (1|0\.9\d*) \}$/);
    expect(Number(numbers.split(" ")[1])).toBeLessThan(1e-6);
    expect(shape).toBe("[ 32, 2 ]");
    expect(error).toBe("shape x[0]: expected a row of 2 numbers, got 3");
  });

  it("learns to tell bars in images, stopped and continued, and anew with another head", async () => {
    const [ended, evaluation] = (await outputOf(paths[2])).trim().split("\n");
    expect(ended).toMatch(/^(completed|earlyStopped) \{ epoch: \d+, value: 0\.\d+ \}$/);
    expect(Number(/accuracy: ([\d.]+)/.exec(evaluation)![1])).toBeGreaterThan(0.9);
  });

  it("is correct TypeScript", async () => {
    const options = ["--noEmit", "--strict", "--skipLibCheck", "--target", "ES2022", "--module", "NodeNext", "--types", "node"];
    const { stdout } = await run(process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), ...options, ...paths], { cwd: root })
      .catch((error: { stdout: string }) => error);
    expect(stdout).toBe("");
  });
});
