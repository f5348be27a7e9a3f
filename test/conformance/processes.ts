import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { hasBinaries, type Runtime, runtimes } from "../runtimes/runtimes";
import { INSTALLS, LIMIT, type Open, optionsOf, type Place, type Result, type Visit } from "./place";

const program = fileURLToPath(new URL("node.mjs", import.meta.url));

/** One thread and more, the reference engine, and both forms of the package. */
const visits: Visit[] = [
  { engine: "wasm", threads: 1, how: "esm" }, { engine: "wasm", threads: 2, how: "cjs" }, { engine: "wasm", threads: 4, how: "esm" },
  { engine: "reference", threads: 1, how: "cjs" },
];
/** Where V8 or the processor can't, the registers are plain. */
const wide: Visit = { engine: "wasm", threads: 2, how: "esm", options: { threads: 2, wide: true } };

async function open({ binary, args }: Runtime): Promise<Open> {
  const { stdout } = await promisify(execFile)(binary, ["--version"]);
  return {
    version: /\d+(\.\d+)+/.exec(stdout)![0],
    run: (visit) => result(spawn(binary, [...args, program, visit.how!, JSON.stringify(optionsOf(visit))], { stdio: ["ignore", "pipe", "pipe"] })),
  };
}

/** What a process prints. It is ended where it says nothing for too long. */
async function result(child: ReturnType<typeof spawn>): Promise<Result> {
  let stage = "none", isLate = false, timer: NodeJS.Timeout | undefined;
  const complaints: string[] = [];
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      isLate = true;
      child.kill("SIGKILL");
    }, LIMIT);
  };
  wait();
  createInterface(child.stderr!).on("line", (line) => {
    const told = /^stage: (.+)/.exec(line)?.[1];
    if (told) stage = told;
    // A line of the package's may be all of it.
    else complaints.push(line.slice(0, 200));
    wait();
  });
  const [output, code] = await Promise.all([text(child.stdout!), new Promise((resolve) => child.on("close", resolve).on("error", resolve))]);
  clearTimeout(timer);
  if (isLate) throw new Error(`nothing for ${LIMIT / 1000} s; the last stage was: ${stage}`);
  if (code !== 0) throw new Error([`it ended with ${code}; the last stage was: ${stage}`, ...complaints.slice(-12)].join("\n"));
  return JSON.parse(output) as Result;
}

/** The runtimes of test/runtimes, and this Node where it is none of them. */
export function processes(): Place[] {
  const places = runtimes.map((runtime): Place => ({
    name: runtime.name,
    visits: runtime.name.startsWith("Node") && Number(runtime.name.slice(5)) >= 24 ? [...visits, wide] : visits,
    missing: existsSync(runtime.binary) ? undefined : hasBinaries ? INSTALLS : "is installed on Linux only; on another system start `npm test` with it",
    open: () => open(runtime),
  }));
  const name = `Node ${process.versions.node.split(".")[0]}`;
  const here: Place = { name, visits, open: () => open({ name, binary: process.execPath, args: [] }) };
  return places.some((place) => place.name === name && place.missing === undefined) ? places : [here, ...places.filter((place) => place.name !== name)];
}
