// What pages, workers and service workers have in common: they run the program, and tell the server how it goes.
import { conformance } from "../program.mjs";

/** Tells the server something about the visit with that number: a stage, the result, or an error. */
export const tellOf = (id) => (message) => fetch(new URL(`../../tell/${id}`, import.meta.url), { method: "POST", body: JSON.stringify(message) });

/**
 * @param load gives the module "deltawasm"
 * @param id the visit's number
 * @param options those of `init`
 */
export async function visit(load, id, options) {
  const tell = tellOf(id);
  const violations = [], warnings = [];
  addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => violations.push(`${effectiveDirective} ${blockedURI}`));
  console.warn = (...given) => warnings.push(given.join(" "));
  try {
    tell({ stage: "loading the library" });
    const library = await load();
    const bytes = new Uint8Array(await (await fetch(new URL("../../digits", import.meta.url))).arrayBuffer());
    const result = await conformance(library, bytes, options, (stage) => void tell({ stage }));
    await tell({ result: { ...result, violations, warnings } });
  } catch (error) {
    await tell({ error: String(error) });
  }
}
