import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Material, targetRows } from "./task";

/** Where the numbers of a task lie as raw floats (classes as 32-bit integers), for peers that are not written in JavaScript. */
export interface Files {
  x: string;
  y: string;
  /** Rows of targets, one-hot for classes. */
  targets: string;
  /** Of each layer the weights [out, in], then the biases. */
  weights: string;
}

/** A folder of its own for such files, and for programs compiled from C; gone at the end. */
export class FileStore {
  readonly folder = mkdtempSync(join(tmpdir(), "deltawasm-peers-"));

  write(m: Material): Files {
    const path = (what: string) => join(this.folder, `${m.name}.${what}`);
    const files: Files = { x: path("x"), y: path("y"), targets: path("targets"), weights: path("weights") };
    writeFileSync(files.x, m.x);
    writeFileSync(files.y, m.y);
    writeFileSync(files.targets, targetRows(m));
    writeFileSync(files.weights, Float32Array.from(m.weights.flatMap(({ w, b }) => [...w, ...b])));
    return files;
  }

  end(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
