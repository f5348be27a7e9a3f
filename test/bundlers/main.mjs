import { run } from "./training.mjs";

run().then((result) => { globalThis.result = result; }, (error) => { globalThis.result = { error: String(error.stack ?? error) }; });
