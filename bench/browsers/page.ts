import { visit } from "./side";

Object.assign(globalThis, { tests: { visit } });
