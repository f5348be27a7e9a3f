// The conformance program in a Worker, in a request: the answer has a line for each stage, the last is the result. Bytes can't be
// compiled there; a module comes by a static import.
import * as library from "../../dist/index.js";
import core from "../../dist/core.wasm";
import digits from "./digits.bin";
import { conformance } from "./program.mjs";

export default {
  async fetch(request) {
    const { engine } = await request.json();
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    const write = (message) => writer.write(new TextEncoder().encode(`${JSON.stringify(message)}\n`));
    conformance(library, new Uint8Array(digits), engine === "wasm" ? { module: core } : { engine }, (stage) => void write({ stage }))
      .then((result) => write({ result }), (error) => write({ error: String(error) }))
      .then(() => writer.close());
    return new Response(readable);
  },
};
