import { feel } from "./responsiveness";
import { visit } from "./side";

Object.assign(globalThis, { tests: { visit, feel } });
