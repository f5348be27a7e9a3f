import { type ChildProcess, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";
import { Lacking, Missing } from "./peer";

/** The first line of a peer. */
export interface Hello {
  engine: string;
  samples: number;
}

type Answer = number | Hello | { missing: string } | { lacks: string } | { error: string };

/** Milliseconds that a peer may be silent. */
const PATIENCE = 90_000;

/**
 * A process that obeys: it greets with a line of JSON, a `Hello`; then to each line `run N` it answers with the seconds that N turns took,
 * to `loss` with the mean loss over its first rows, or to either with `{ "error": … }`. Between lines it sleeps.
 */
export class PeerProcess {
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  #stderr = "";
  #waiting: { resolve(line: string): void; reject(error: Error): void } | undefined;
  #unread: string[] = [];
  #end: Error | undefined;

  constructor(file: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.#child = spawn(file, args, { env, stdio: ["pipe", "pipe", "pipe"] });
    this.#lines = createInterface({ input: this.#child.stdout! });
    this.#lines.on("line", (line) => {
      if (this.#waiting) this.#waiting.resolve(line);
      else this.#unread.push(line);
      this.#waiting = undefined;
    });
    this.#child.stderr!.on("data", (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-2000);
    });
    this.#child.stdin!.on("error", () => undefined);
    const fail = (why: string) => {
      this.#end ??= new Error(`${why}\n${this.#stderr}`.trim());
      this.#waiting?.reject(this.#end);
      this.#waiting = undefined;
    };
    this.#child.on("error", (error) => fail(`${file}: ${error.message}`));
    this.#child.on("close", (code, signal) => fail(`it ended with ${signal ?? code}`));
  }

  async hello(): Promise<Hello> {
    return (await this.#answer()) as Hello;
  }

  async run(turns: number): Promise<number> {
    this.#child.stdin!.write(`run ${turns}\n`);
    return (await this.#answer()) as number;
  }

  async loss(): Promise<number> {
    this.#child.stdin!.write("loss\n");
    return (await this.#answer()) as number;
  }

  /** Ends it, and resolves when it is gone. */
  async end(): Promise<void> {
    if (this.#end) return;
    const closed = new Promise((resolve) => this.#child.once("close", resolve));
    this.#child.kill("SIGKILL");
    await closed;
  }

  async #answer(): Promise<number | Hello> {
    const line = this.#unread.shift() ?? (await this.#next());
    let answer: Answer;
    try {
      answer = JSON.parse(line) as Answer;
    } catch {
      throw new Error(`it said ${JSON.stringify(line.slice(0, 200))}`);
    }
    if (typeof answer === "number") return answer;
    if ("missing" in answer) throw new Missing(answer.missing);
    if ("lacks" in answer) throw new Lacking(answer.lacks);
    if ("error" in answer) throw new Error(answer.error);
    return answer;
  }

  #next(): Promise<string> {
    if (this.#end) return Promise.reject(this.#end);
    let timer: NodeJS.Timeout;
    return new Promise<string>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`it was silent for ${PATIENCE / 1000} s`)), PATIENCE);
      this.#waiting = { resolve, reject };
    }).finally(() => clearTimeout(timer));
  }
}
