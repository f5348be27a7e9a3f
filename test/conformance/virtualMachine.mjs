// What runs in an edge VM, as one script.
import * as library from "deltawasm";
import { conformance } from "./program.mjs";

globalThis.run = (digits, options) => conformance(library, new Uint8Array(digits), options);
