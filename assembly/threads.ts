// The numeric core for a team of threads over one shared memory.
export * from "./index";
export { nap } from "./nap";
export { lead, serve } from "./team";
