/** Throws unless the output of the digits example tells of the accuracy that is promised: `node tools/check-accuracy.mjs output.txt`. */
import { readFileSync } from "node:fs";

const LEAST = 97.5;

const accuracy = Number(/Test accuracy ([\d.]+) %/.exec(readFileSync(process.argv[2], "utf8"))?.[1]);
console.log(`accuracy ${accuracy} %, ${LEAST} at least`);
process.exitCode = accuracy >= LEAST ? 0 : 1;
