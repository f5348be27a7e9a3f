import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";

// The samples of a page in Markdown, run as they stand there on the built package: `npm test` builds it first.

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");
const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
const STRICT = ["--noEmit", "--strict", "--skipLibCheck", "--target", "ES2022", "--module", "NodeNext", "--types", "node"];

/** A sample and the output that the page shows below it, if any. */
export interface Sample {
  /** "ts": a program. "sh": commands. */
  kind: "ts" | "sh";
  text: string;
  /** Of the block of `text` that follows; "…" stands for anything. */
  output: string | undefined;
  /** Where a program is written to. */
  path: string;
}

/** A page's samples, in a folder of their own inside the package, where "deltawasm" is the package itself. */
export function samplesOf(page: string): { folder: string; samples: Sample[] } {
  const folder = join(root, "build", "samples", basename(page, ".md"));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const markdown = readFileSync(join(root, page), "utf8");
  const blocks = [...markdown.matchAll(/^```(ts|sh)\n(.*?)^```\n(?:\n```text\n(.*?)^```$)?/gms)];
  const samples = blocks.map(([, kind, text, output], n): Sample => ({ kind: kind as Sample["kind"], text, output, path: join(folder, `sample${n + 1}.ts`) }));
  for (const { kind, text, path } of samples) if (kind === "ts") writeFileSync(path, text);
  return { folder, samples };
}

/** What a sample prints, run in the folder of its page. */
export async function outputOf({ kind, text, path }: Sample, folder: string): Promise<string> {
  const env = { ...process.env, NO_COLOR: "1", PATH: `${join(root, "test/support/bin")}:${process.env.PATH}` };
  const { stdout } = kind === "ts"
    ? await run(process.execPath, ["--import", "tsx", path], { cwd: folder, env })
    : await run("bash", ["-e", "-c", text], { cwd: folder, env });
  return stdout;
}

/** What TypeScript says against programs: nothing. */
export async function mistakesIn(samples: readonly Sample[]): Promise<string> {
  const paths = samples.filter(({ kind }) => kind === "ts").map(({ path }) => path);
  if (paths.length === 0) return "";
  const { stdout } = await run(process.execPath, [tsc, ...STRICT, ...paths], { cwd: root }).catch((error: { stdout: string }) => error);
  return stdout;
}

/** An output as a page shows it, where "…" stands for anything. */
export function patternOf(output: string): RegExp {
  const lines = output.trimEnd().split("\n").map((line) => line.trimEnd());
  const escaped = lines.map((line) => line.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".*"));
  return new RegExp(`^${escaped.join("\\n")}$`, "s");
}
