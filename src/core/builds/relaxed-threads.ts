export { default } from "../../../build/core.relaxed-threads.wasm";
