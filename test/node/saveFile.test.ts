import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { dense, Network } from "../../src/index";
import { saveFile } from "../../src/node/index";
import { SeededNumbers } from "../support/numbers";
import { refused } from "../support/refusals";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "deltawasm-save-"));
  path = join(folder, "network.safetensors");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const files = () => readdirSync(folder).sort();
const bytes = (length: number, value: number) => new Uint8Array(length).fill(value);
const systemError = async (call: Promise<unknown>) => (await call.then(() => "no error", (error: NodeJS.ErrnoException) => error.code));

describe("saveFile", () => {
  test("saves a network, which comes back with the same bits", async () => {
    using network = await Network.create({ input: 3, layers: [dense(4, "relu"), dense(2)], seed: 1 });
    await saveFile(path, network);
    using loaded = await Network.load(readFileSync(path));
    expect(loaded.parameters()).toEqual(network.parameters());
    expect(files()).toEqual(["network.safetensors"]);
  });

  test("saves the state at the moment of the call", async () => {
    using network = await Network.create({ input: 3, layers: [dense(2)], seed: 1 });
    const before = network.save();
    const saved = saveFile(path, network);
    network.setParameters({ "0.bias": { data: [5, 5] } });
    network.dispose();
    await saved;
    expect(new Uint8Array(readFileSync(path))).toEqual(before);
  });

  test("replaces a file, whatever its length, and takes bytes of any kind", async () => {
    for (const [n, what] of [bytes(3_000_000, 1), bytes(10, 2), bytes(8, 3).buffer, Buffer.from("abc"), bytes(0, 0), bytes(9, 4).subarray(2, 5)].entries()) {
      await saveFile(n % 2 ? pathToFileURL(path) : path, what);
      expect(Buffer.compare(readFileSync(path), Buffer.from(what as Uint8Array))).toBe(0);
    }
    expect(files()).toEqual(["network.safetensors"]);
  });

  test("saves to one path follow one another, and the last stays", async () => {
    await Promise.all(Array.from({ length: 20 }, (_, n) => saveFile(path, bytes((20 - n) * 100_000, n))));
    expect(Buffer.compare(readFileSync(path), bytes(100_000, 19))).toBe(0);
    // Failed ones don't stand in the way.
    const other = join(folder, "other");
    mkdirSync(other);
    const outcomes = await Promise.allSettled([1, 2, 3].map((n) => saveFile(other, bytes(n, n))));
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    rmSync(other, { recursive: true });
    await saveFile(other, bytes(5, 5));
    expect(statSync(other).size).toBe(5);
  });

  test("follows a link, keeps the mode, and takes the longest name that the folder takes", async () => {
    mkdirSync(join(folder, "real"));
    const real = join(folder, "real", "n".repeat(255));
    writeFileSync(real, "old");
    chmodSync(real, 0o640);
    symlinkSync(real, path);
    await saveFile(path, bytes(4, 4));
    expect([...readFileSync(real)]).toEqual([4, 4, 4, 4]);
    expect(statSync(real).mode & 0o777).toBe(0o640);
    expect(readdirSync(join(folder, "real"))).toHaveLength(1);
    await saveFile(join(folder, "new"), bytes(4, 4));
    writeFileSync(join(folder, "ordinary"), "");
    expect(statSync(join(folder, "new")).mode).toBe(statSync(join(folder, "ordinary")).mode);
  });
});

describe("saveFile refuses, and leaves what was there,", () => {
  beforeEach(() => writeFileSync(path, "old"));
  afterEach(() => {
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(files()).toEqual(["network.safetensors"]);
  });

  test.each<[string, unknown, unknown, RegExp]>([
    ["no path", undefined, bytes(1, 1), /^path: expected the path of a file or a file: URL, got undefined/],
    ["an empty path", "", bytes(1, 1), /^path: .* got ""/],
    ["a number", 3, bytes(1, 1), /^path: .* got 3/],
    ["another URL", new URL("https://example.org/file"), bytes(1, 1), /^path: .* got https:\/\/example.org\/file/],
    ["nothing to save", "", undefined, /^path/],
    ["undefined", "x", undefined, /^what: expected a Network, a Trainer or bytes, got undefined/],
    ["a promise of a network", "x", Promise.resolve(), /^what: .* got an object of type Promise/],
    ["text", "x", "text", /^what: .* got "text"/],
    ["floats", "x", new Float32Array(3), /^what: .* got Float32Array of 3/],
    ["a save that gives a promise", "x", { save: async () => bytes(1, 1) }, /^what: expected a save\(\) that gives bytes, got an object of type Promise/],
  ])("%s", async (_name, to, what, says) => {
    const error = await refused(() => saveFile(to as string, what as Uint8Array));
    expect([error.code, error.message]).toEqual(["type", expect.stringMatching(says)]);
  });

  test("a network that was disposed", async () => {
    const network = await Network.create({ input: 1, layers: [dense(1)] });
    network.dispose();
    expect((await refused(() => saveFile(path, network))).code).toBe("disposed");
  });

  test("folders and devices", async () => {
    for (const place of [folder, "/dev/null"]) {
      const error = await refused(() => saveFile(place, bytes(1, 1)));
      expect([error.code, error.message]).toEqual(["file", expect.stringMatching(/^path: .* is no ordinary file: give the path of a file/)]);
    }
  });

  test("what the file system refuses, with its own errors", async () => {
    expect(await systemError(saveFile(join(folder, "none", "file"), bytes(1, 1)))).toBe("ENOENT");
    expect(await systemError(saveFile(join(path, "file"), bytes(1, 1)))).toBe("ENOTDIR");
    expect(await systemError(saveFile(join(folder, "n".repeat(300)), bytes(1, 1)))).toBe("ENAMETOOLONG");
    expect(await systemError(saveFile("a\0b", bytes(1, 1)))).toBe("ERR_INVALID_ARG_VALUE");
  });
});

/** The built sub-path, in a process of its own. */
const built = JSON.stringify(new URL("../../dist/node.js", import.meta.url).href);

test("a disk that is full halfway leaves the old file, and nothing else", async () => {
  writeFileSync(path, "old");
  const program = `import { saveFile } from ${built};
    process.on("SIGXFSZ", () => {});
    console.log(await saveFile(process.argv[1], new Uint8Array(3_000_000)).then(() => "no error", (error) => error.code));`;
  // No file may be larger than 1000 kB: a write beyond that is cut short, as on a full disk, and the next one fails.
  const output = await new Promise<string>((resolve) => {
    execFile("bash", ["-c", 'ulimit -f 1000; exec "$0" --input-type=module -e "$1" "$2"', process.execPath, program, path], (_error, out, errors) => resolve(out + errors));
  });
  expect(output.trim()).toBe("EFBIG");
  expect(readFileSync(path, "utf8")).toBe("old");
  expect(files()).toEqual(["network.safetensors"]);
});

test("a process that is killed while it saves leaves a whole file, the old or the new one", { timeout: 60_000 }, async () => {
  const contents = [bytes(3_000_000, 0), bytes(5_000_000, 0)].map((content, seed) => {
    const numbers = new SeededNumbers(seed);
    return content.map(() => numbers.below(256));
  });
  contents.forEach((content, n) => writeFileSync(join(folder, `content${n}`), content));
  const program = `import { readFileSync } from "node:fs";
    import { saveFile } from ${built};
    const [path, ...from] = process.argv.slice(1);
    const contents = from.map((name) => readFileSync(name));
    for (let n = 0; ; n++) {
      await saveFile(path, contents[n % 2]);
      if (n === 0) console.log("saving");
    }`;
  const numbers = new SeededNumbers(9);
  const end = performance.now() + 12_000;
  const found = [0, 0];
  let interrupted = 0;
  for (let round = 0; round < 60 && performance.now() < end; round++) {
    const child = spawn(process.execPath, ["--input-type=module", "-e", program, path, join(folder, "content0"), join(folder, "content1")], { stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(child, "exit");
    await Promise.race([once(child.stdout, "data"), ended]);
    await new Promise((resolve) => setTimeout(resolve, numbers.uniform(0, 40)));
    child.kill("SIGKILL");
    expect((await ended)[1]).toBe("SIGKILL");
    const which = contents.findIndex((content) => Buffer.compare(readFileSync(path), content) === 0);
    expect(which, `round ${round}`).toBeGreaterThanOrEqual(0);
    found[which]!++;
    for (const name of files().filter((name) => name.endsWith(".tmp"))) {
      interrupted++;
      rmSync(join(folder, name));
    }
  }
  // Both were found, and most were killed in the middle.
  expect(Math.min(...found, interrupted)).toBeGreaterThan(0);
});
