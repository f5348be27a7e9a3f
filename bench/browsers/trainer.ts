// A worker that trains as a page does, by the same calls.
import { type Description, train } from "./responsiveness";

const controller = new AbortController();
const page = globalThis as unknown as { onmessage: (event: MessageEvent<Description | "abort">) => void; postMessage(message: object): void };

page.onmessage = async ({ data }) => {
  if (data === "abort") return controller.abort();
  const threads = await train(data, controller.signal, () => page.postMessage({ started: true }), (loss) => page.postMessage({ loss }));
  page.postMessage({ threads });
};
