/**
 * Licences of the libraries that are inside the package, who ask that they come along: dist/THIRD-PARTY-LICENSES.txt, by what esbuild
 * tells of each bundle.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";

/** Folders of libraries. */
const folders = new Set();
/** Packages that come without the licence of their repository, and one that comes with it. */
const PARTS = { "@assemblyscript/loader": "node_modules/assemblyscript" };

/** Keeps in mind which libraries a bundle holds, by esbuild's metafile. */
export function noteLibraries({ outputs }) {
  for (const { inputs } of Object.values(outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const [folder] = /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(path) ?? [];
      if (folder && bytesInOutput > 0) folders.add(folder);
    }
  }
}

/** What a library says of itself and its licence. */
function notice(folder) {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  const from = PARTS[name] ?? folder;
  const files = readdirSync(from).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file)).sort();
  if (files.length === 0) throw new Error(`${folder}: has no licence file`);
  const texts = files.map((file) => readFileSync(`${from}/${file}`, "utf8").replaceAll("\r\n", "\n").trim());
  if (name === "pako") texts.push(zlibOf(folder));
  return `${name} ${version} (${license.replace(/^\(|\)$/g, "")})\n\n${texts.join("\n\n")}\n`;
}

/** The notice of what pako has from zlib, which is in its sources alone. */
function zlibOf(folder) {
  const { sourcesContent } = JSON.parse(readFileSync(`${folder}/dist/pako.mjs.map`, "utf8"));
  const [notice] = /^\/\/ \(C\) .* Jean-loup Gailly(.*\n\/\/)+.*/.exec(sourcesContent.find((text) => text.includes("This software is provided 'as-is'")));
  return `src/zlib:\n\n${notice.replaceAll(/^\/\/ ?/gm, "")}`;
}

/** Writes the file after each of tsup's bundles: after the last, all libraries are in it. */
export const licences = {
  name: "licences",
  setup(build) {
    build.initialOptions.metafile = true;
    build.onEnd(({ metafile }) => {
      if (!metafile) return;
      noteLibraries(metafile);
      const notices = [...new Set([...folders].map(notice))].sort();
      mkdirSync("dist", { recursive: true });
      writeFileSync("dist/THIRD-PARTY-LICENSES.txt", `Libraries that are inside this package, and their licences.\n\n${notices.join(`\n${"-".repeat(80)}\n\n`)}`);
    });
  },
};
