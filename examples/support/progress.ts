import { MultiBar } from "cli-progress";

/** A bar with the time left, below lines that stay. Where the output is no terminal there are only the lines. */
export class Progress {
  readonly #bars: MultiBar | undefined;
  readonly #bar: ReturnType<MultiBar["create"]> | undefined;

  constructor(total: number, what: string) {
    if (!process.stdout.isTTY) return;
    this.#bars = new MultiBar({
      stream: process.stdout,
      format: ` {bar} {percentage} % · ${what} {at} · {eta_formatted} left`,
      barCompleteChar: "█",
      barIncompleteChar: "░",
      barsize: 30,
      etaBuffer: 50,
      hideCursor: true,
      clearOnComplete: true,
    });
    this.#bar = this.#bars.create(total, 0, { at: "" });
    process.once("SIGINT", this.#interrupted);
  }

  /** Ctrl+C: the cursor must come back. */
  readonly #interrupted = () => {
    this.stop();
    process.exit(130);
  };

  /** `at` says in words how far it has come. */
  update(done: number, at: string): void {
    this.#bar?.update(done, { at });
  }

  line(text: string): void {
    if (this.#bars) this.#bars.log(`${text}\n`);
    else console.log(text);
  }

  /** Takes the bar away; the lines stay. */
  stop(): void {
    process.off("SIGINT", this.#interrupted);
    this.#bars?.update();
    this.#bars?.stop();
  }
}
