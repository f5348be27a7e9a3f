/**
 * Installs packages that are apart from the root one, unless they are installed as their lock files say:
 * `node test/support/install.mjs test/runtimes test/browsers`.
 */
import { execSync } from "node:child_process";
import { statSync } from "node:fs";

/** npm writes the inner file last. */
const isInstalled = (folder) => {
  const inner = statSync(`${folder}/node_modules/.package-lock.json`, { throwIfNoEntry: false });
  return inner !== undefined && inner.mtimeMs >= statSync(`${folder}/package-lock.json`).mtimeMs;
};

for (const folder of process.argv.slice(2)) {
  if (!isInstalled(folder)) execSync(`npm ci --prefix ${folder}`, { stdio: "inherit" });
}
