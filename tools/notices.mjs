/**
 * The licences of the libraries whose code is inside the built files, as they ask for: dist/THIRD-PARTY-LICENSES.txt. What is inside esbuild tells.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const FILE = "dist/THIRD-PARTY-LICENSES.txt";
/** Its standard library is in the cores, which esbuild does not build. */
const names = new Set(["assemblyscript"]);

/** Libraries whose licence lies with another one, of the same repository. */
const LICENSED_WITH = { "@assemblyscript/loader": "assemblyscript" };

/** Notes what is inside some outputs. */
export function note({ outputs }) {
  for (const { inputs } of Object.values(outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const [, name] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path) ?? [];
      if (name && bytesInOutput > 0) names.add(name);
    }
  }
}

/** Writes the licences of all that was noted. */
function write() {
  mkdirSync("dist", { recursive: true });
  writeFileSync(FILE, [
    "deltawasm holds code of these libraries.",
    ...[...names].sort().map(textOf),
  ].join(`\n\n${"-".repeat(80)}\n\n`));
}

function textOf(name) {
  const folder = join("node_modules", name);
  const { version, license, homepage } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const place = join("node_modules", LICENSED_WITH[name] ?? name);
  const file = readdirSync(place).find((entry) => /^licen[cs]e/i.test(entry));
  if (!file) throw new Error(`${folder} has no file of its licence, ${license}: write here how it is told`);
  return `${name} ${version}, ${license}${homepage ? `\n${homepage}` : ""}\n\n${readFileSync(join(place, file), "utf8").trim()}`;
}

/** For esbuild and tsup. */
export const noticed = {
  name: "noticed",
  setup(build) {
    build.initialOptions.metafile = true;
    build.onEnd(({ metafile }) => {
      // There is none where the build failed.
      if (!metafile) return;
      note(metafile);
      write();
    });
  },
};
