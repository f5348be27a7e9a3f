import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Missing, type NativePeer } from "../peer";

let program: string | undefined;
let version: string | undefined;

/** As far as it can be known: its headers don't tell. */
function findVersion(): string {
  try {
    return execFileSync("pkg-config", ["--modversion", "fann"], { stdio: "pipe", encoding: "utf8" }).trim();
  } catch {
    return "2";
  }
}

/** Compiles it once, into a folder that goes with the run. */
function compile(folder: string): string {
  if (program) return program;
  const source = fileURLToPath(new URL("../native/fann_peer.c", import.meta.url));
  const target = join(folder, "fann_peer");
  try {
    execFileSync("cc", ["-O3", "-o", target, source, "-lfloatfann", "-lm"], { stdio: "pipe" });
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: Buffer };
    throw new Missing((stderr?.toString() || message).trim().split("\n")[0]);
  }
  return (program = target);
}

export const fann: NativePeer = {
  id: "fann",
  kind: "native",
  note: "sigmoid layers, from a table, and squared error",
  can: ({ optimizer, kind }) => optimizer === "sgd" || kind === "prediction",
  command: (task, files) => ({
    file: compile(dirname(files.x)),
    args: [
      (version ??= findVersion()), task.kind, task.batchSize, task.rate, task.rows, files.x, files.targets, files.weights, ...task.sizes,
    ].map(String),
  }),
  get: "apt-get install libfann-dev, and a C compiler",
};
