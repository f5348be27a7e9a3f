// What runs in an edge VM, as one script: the conformance program, for a core that is compiled outside.
import * as library from "../../dist/index.js";
import { conformance } from "./program.mjs";

globalThis.run = (digits, options) => conformance(library, new Uint8Array(digits), options);
