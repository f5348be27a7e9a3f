import { run } from "./training.mjs";

export default { fetch: async () => Response.json(await run()) };
