/**
 * Prints "passed failed" of a test run: `node tools/count-tests.mjs vitest report.json` or `… as-pect output.txt`.
 * Without a report, or with one that says nothing, it prints "0 1".
 */
import { readFileSync } from "node:fs";

const [kind, path] = process.argv.slice(2);

function count() {
  const text = readFileSync(path, "utf8");
  if (kind === "vitest") {
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(text);
    // A file that could not be loaded has no tests, and has failed.
    const broken = testResults.filter(({ status, assertionResults }) => status === "failed" && !assertionResults.some((test) => test.status === "failed"));
    return [numPassedTests, numFailedTests + broken.length];
  }
  // As-pect's own report in JSON would lie beside the specs: its summary says "[Tests]: 11 / 11".
  const plain = text.replace(/\u001b\[[0-9;]*m/g, "");
  const [, passed, all] = /\[Tests\]: (\d+) \/ (\d+)/.exec(plain) ?? [];
  return [Number(passed), all - passed];
}

let result = [0, 1];
try {
  const counted = count();
  if (counted.every(Number.isInteger) && counted[0] + counted[1] > 0) result = counted;
} catch (error) {
  console.error(`${path}: ${error.message}`);
}
console.log(result.join(" "));
