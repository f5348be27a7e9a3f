/**
 * Packs the package as npm would publish it, checks what is in it, and uses it from a project of its own, by `import` and by
 * `require`: `node tools/check-package.mjs`, after `npm run build`.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const EXPECTED = [
  "CHANGELOG.md", "LICENSE", "README.md", "dist/core.wasm", "dist/index.cjs", "dist/index.d.cts", "dist/index.d.ts", "dist/index.js",
  "package.json",
];
const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "deltawasm-package-"));

try {
  const output = execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], { cwd: root, encoding: "utf8" });
  const [{ filename, files, size }] = Object.values(JSON.parse(output));
  const paths = files.map(({ path }) => path).sort();
  if (paths.join() !== EXPECTED.join()) {
    throw new Error(`the package holds\n  ${paths.join("\n  ")}\nexpected\n  ${EXPECTED.join("\n  ")}`);
  }
  console.log(`${filename}: ${paths.length} files, ${size} bytes`);

  const installed = join(folder, "node_modules", "deltawasm");
  mkdirSync(installed, { recursive: true });
  execFileSync("tar", ["-xzf", join(folder, filename), "-C", installed, "--strip-components=1"]);
  const use = `.create({ input: 2, layers: [dense(3, "tanh")], seed: 1 }).then((network) => {
    if (network.inspect().engine !== "wasm" || network.predict([[0, 1]]).length !== 3) process.exit(1);
  });`;
  writeFileSync(join(folder, "use.mjs"), `import { Network, dense } from "deltawasm";\nNetwork${use}\n`);
  writeFileSync(join(folder, "use.cjs"), `const { Network, dense } = require("deltawasm");\nNetwork${use}\n`);
  for (const program of ["use.mjs", "use.cjs"]) {
    execFileSync(process.execPath, [program], { cwd: folder, stdio: "inherit" });
    console.log(`${program}: works`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
