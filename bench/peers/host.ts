// The process of a peer of Node's own world: `node host.mjs PEER CASE THREADS BUILD`. It speaks the protocol of talk.ts.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { isNative, Lacking, type Variant } from "./peer";
import { peers } from "./peers";
import { findTask, material } from "./task";

// What libraries print must not come between the answers.
console.log = console.info = console.warn = console.error;

// Random start weights are the same in every run. A linear congruential generator will do. Numerical Recipes, 3rd ed., 7.1.4.
let state = 1;
Math.random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;

const say = (answer: unknown) => process.stdout.write(`${JSON.stringify(answer)}\n`);

/** The version of a package in this folder. */
function version(name: string): string {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

async function main([id, name, threads, build]: string[]): Promise<void> {
  const peer = peers.find((p) => p.id === id);
  if (!peer || isNative(peer)) throw new Error(`${id}: no peer of this process`);
  const variant = { threads: Number(threads), build: build as Variant["build"] };
  const engine = peer.engine(version);
  const session = await peer.start(material(findTask(name)), variant);
  say({ engine, samples: session.samples });
  for await (const line of createInterface({ input: process.stdin })) {
    const [command, turns] = line.split(" ");
    if (command === "loss") {
      say(await session.loss());
      continue;
    }
    const started = performance.now();
    const counted = await session.run(Number(turns));
    say(counted ?? (performance.now() - started) / 1000);
  }
}

main(process.argv.slice(2)).catch((error: NodeJS.ErrnoException) => {
  if (error instanceof Lacking) say({ lacks: error.message });
  else if (["ENOENT", "ERR_MODULE_NOT_FOUND", "MODULE_NOT_FOUND"].includes(error.code ?? "")) say({ missing: error.message });
  else say({ error: error.stack ?? String(error) });
});
