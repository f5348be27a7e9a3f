import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Missing, type NativePeer } from "../peer";

/** Debian's default OpenBLAS makes threads of its own that get in each other's way; this one shares those of OpenMP. */
const openmp = `/usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu/openblas-openmp`;
const pythons = existsSync(openmp) ? ["/usr/bin/python3", "python3"] : ["python3", "/usr/bin/python3"];

const found = new Map<string, string | undefined>();

/** A Python that has a module: not all of those on a machine do. */
function pythonWith(name: string): string {
  if (!found.has(name)) {
    const program = `import importlib.util, sys; sys.exit(importlib.util.find_spec(${JSON.stringify(name)}) is None)`;
    const has = (python: string) => {
      try {
        execFileSync(python, ["-c", program], { stdio: "ignore" });
        return true;
      } catch {
        return false;
      }
    };
    found.set(name, pythons.find(has));
  }
  const python = found.get(name);
  if (python === undefined) throw new Missing(`no python3 has ${name}`);
  return python;
}

const python = (id: string, module: string, debian: string, about: Partial<NativePeer> = {}): NativePeer => ({
  id,
  kind: "native",
  variants: [{ threads: 1, build: "none" }, { threads: 2, build: "none" }],
  can: () => true,
  command: ({ x: _x, y: _y, weights: _weights, ...task }, files, { threads }) => ({
    file: pythonWith(module),
    args: [fileURLToPath(new URL(`../native/${id}_peer.py`, import.meta.url)), JSON.stringify({ ...task, files, threads })],
    env: {
      PYTHONDONTWRITEBYTECODE: "1",
      ...(existsSync(openmp) ? { LD_LIBRARY_PATH: [openmp, process.env.LD_LIBRARY_PATH].filter(Boolean).join(":") } : {}),
    },
  }),
  get: `apt-get install ${debian} libopenblas0-openmp, or pip install ${debian.replace("python3-", "")}`,
  ...about,
});

export const torch = python("torch", "torch", "python3-torch", { convolves: true });
export const sklearn = python("sklearn", "sklearn", "python3-sklearn", { note: "by partial_fit; 2-3-1 minimises cross-entropy" });
export const numpy = python("numpy", "numpy", "python3-numpy", { note: "the step is written by hand" });
