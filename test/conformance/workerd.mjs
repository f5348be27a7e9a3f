// The conformance program in a Worker, in a request: the answer has a line for each stage, the last is the result.
import * as library from "deltawasm";
import digits from "./digits.bin";
import { conformance } from "./program.mjs";

export default {
  async fetch(request) {
    const options = await request.json();
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    const write = (message) => writer.write(new TextEncoder().encode(`${JSON.stringify(message)}\n`));
    conformance(library, new Uint8Array(digits), options, (stage) => void write({ stage }))
      .then((result) => write({ result }), (error) => write({ error: String(error) }))
      .then(() => writer.close());
    return new Response(readable);
  },
};
