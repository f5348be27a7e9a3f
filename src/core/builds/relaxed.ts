export { default } from "../../../build/core.relaxed.wasm";
