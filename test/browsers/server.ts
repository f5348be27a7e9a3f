import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync } from "node:zlib";

const root = fileURLToPath(new URL("../../", import.meta.url));

const isolated = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };
const policy = (text: string) => ({ "Content-Security-Policy": text });

/** The first part of a path says with which headers the rest of it is served. */
const headers: Record<string, Record<string, string>> = {
  isolated,
  open: {},
  /** No more than the package asks for, without and with a team. */
  strict: { ...isolated, ...policy("default-src 'none'; img-src 'self'; connect-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'") },
  noWasm: { ...isolated, ...policy("default-src 'none'; img-src 'self'; connect-src 'self'; script-src 'self'; worker-src 'self'") },
  noWorkers: { ...isolated, ...policy("script-src 'self' 'wasm-unsafe-eval'; worker-src 'none'") },
  /** As where a bundler left worker.js behind. */
  lostWorker: isolated,
  /** For pages of another origin. */
  shared: { ...isolated, "Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin" },
};

const types: Record<string, string> = {
  ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm", ".json": "application/json",
};

/** What pages may ask for, and where it lies. */
const rooms: Record<string, string> = { dist: "dist", pages: "test/browsers/pages", runtimes: "test/runtimes", bench: "build/bench/browsers" };

/** Serves the built package, the pages and what they train on to this machine, from any free port. */
export async function serve(): Promise<{ origin: string; close(): void }> {
  const server: Server = createServer(async ({ url = "/" }, response) => {
    const [kind, room, ...rest] = new URL(url, "http://localhost").pathname.slice(1).split("/");
    try {
      if (!headers[kind] || (kind === "lostWorker" && rest.at(-1) === "worker.js")) throw new Error("no such page");
      const [name, body] = room === "digits" ? ["digits", brotliDecompressSync(await readFile(join(root, "examples/digits/digits.bin")))] : await file(room, rest);
      response.writeHead(200, { ...headers[kind], "Content-Type": types[extname(name)] ?? "application/octet-stream" }).end(body);
    } catch {
      response.writeHead(404, isolated).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function file(room: string, rest: readonly string[]): Promise<[string, Buffer]> {
  const path = normalize(rest.join("/"));
  if (!rooms[room] || path.startsWith("..")) throw new Error("no such file");
  return [path, await readFile(join(root, rooms[room], path))];
}
