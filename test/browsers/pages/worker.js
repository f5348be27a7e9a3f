// A worker that trains, with threads of its own.
import * as library from "../dist/index.js";
import { digests } from "../runtimes/training.mjs";

let started = 0;
globalThis.Worker = class extends Worker {
  constructor(...given) {
    super(...given);
    started++;
  }
};

globalThis.onmessage = async ({ data: threads }) => {
  try {
    const digits = new Uint8Array(await (await fetch("../digits")).arrayBuffer());
    const results = await digests(library, digits, { threads });
    globalThis.postMessage({ results, workers: started });
  } catch (error) {
    globalThis.postMessage({ error: String(error) });
  }
};
