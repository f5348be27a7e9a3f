// The numeric core for a team of threads over one shared memory.
export * from "./index";
export { lead, serve } from "./team";
