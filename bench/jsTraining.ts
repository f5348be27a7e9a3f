import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { Case } from "./measure";
import { trainingData, type TrainingCase } from "./networks";

/** Asks the process of the pure-JavaScript trainer to go `times` times through a case's data; it answers with the seconds. */
export interface JsRequest {
  name: string;
  times: number;
}

/** The pure-JavaScript trainer on the same networks and data, in a process of its own: jsProcess.ts says why. */
export class JsTraining {
  readonly #process: ChildProcess = fork(new URL("./jsProcess.mjs", import.meta.url));

  case({ name, sizes, batchSize }: TrainingCase): Case {
    const { rows } = trainingData(sizes, batchSize);
    return {
      case: name, engine: "js", build: "none", threads: 1, unit: "samples/s",
      run: async (times) => {
        const request: JsRequest = { name, times };
        this.#process.send(request);
        const [seconds] = await once(this.#process, "message");
        return seconds as number;
      },
      toUnit: (seconds) => rows / seconds,
    };
  }

  end(): void {
    this.#process.kill();
  }
}
