import { run } from "./training.mjs";

console.log(JSON.stringify(await run()));
