// An app's renderer: runs the conformance program by itself, for from file:// there is no server to tell.
import * as library from "deltawasm";
import digits from "digits";
import { conformance } from "../../conformance/program.mjs";

const violations = [];
addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => violations.push(`${effectiveDirective} ${blockedURI}`));

conformance(library, digits, { threads: 2 }, (stage) => (globalThis.stage = stage)).then(
  (result) => (globalThis.result = { ...result, violations }),
  (error) => (globalThis.result = { error: String(error) }),
);
