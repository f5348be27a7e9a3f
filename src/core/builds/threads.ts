export { default } from "../../../build/core.threads.wasm";
