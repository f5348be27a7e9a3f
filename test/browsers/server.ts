import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync } from "node:zlib";

const root = fileURLToPath(new URL("../../", import.meta.url));

const isolated = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };
const policy = (text: string) => ({ "Content-Security-Policy": `${text}; report-uri /open/report` });

/** The first part of a path says with which headers the rest of it is served. */
const headers: Record<string, Record<string, string>> = {
  isolated,
  open: {},
  /** What the package asks of a policy, and no more than a page with a team of workers needs. */
  policy: { ...isolated, ...policy("script-src 'self' 'wasm-unsafe-eval'") },
  strict: { ...isolated, ...policy("default-src 'none'; img-src 'self'; connect-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'") },
  /** With leave to tell the server of the test's progress, and to fetch nothing else. */
  noConnect: { ...isolated, ...policy("default-src 'none'; img-src 'self'; connect-src http://127.0.0.1:*/noConnect/tell/; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'") },
  noWasm: { ...isolated, ...policy("script-src 'self'") },
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
const rooms: Record<string, string> = {
  dist: "dist", pages: "test/browsers/pages", conformance: "test/conformance", bench: "build/bench/browsers",
};

/** A server that runs. */
export interface Server {
  origin: string;
  /** What browsers reported about violated policies. */
  reports: string[];
  /**
   * What a page, a worker or a service worker gives in the end, which tells the server of itself by this number. Rejects where it tells
   * of an error, or of nothing for so many milliseconds: with the last stage that it told of.
   */
  answer<T>(id: string, limit: number): Promise<T>;
  close(): void;
}

/** What is told: a stage that begins, the result, or an error. */
interface Message {
  stage?: string;
  result?: unknown;
  error?: string;
}

/** Serves the built package, the pages and what they train on to this machine, from any free port. */
export async function serve(): Promise<Server> {
  const reports: string[] = [];
  const listeners = new Map<string, (message: Message) => void>();
  const timers = new Set<NodeJS.Timeout>();

  async function take(room: string, rest: readonly string[], request: IncomingMessage): Promise<void> {
    const body = await text(request);
    if (room === "report") reports.push(body);
    else if (room === "tell") listeners.get(rest[0])?.(JSON.parse(body));
    else throw new Error("nothing is taken there");
  }

  const server = createServer(async (request, response) => {
    const [kind, room, ...rest] = new URL(request.url ?? "/", "http://localhost").pathname.slice(1).split("/");
    try {
      if (!headers[kind] || (kind === "lostWorker" && rest.at(-1) === "worker.js")) throw new Error("no such page");
      if (request.method === "POST") {
        await take(room, rest, request);
        response.writeHead(204, headers[kind]).end();
        return;
      }
      const [name, body] = room === "digits" ? ["digits", brotliDecompressSync(await readFile(join(root, "examples/digits/digits.bin")))] : await file(room, rest);
      response.writeHead(200, { ...headers[kind], "Content-Type": types[extname(name)] ?? "application/octet-stream" }).end(body);
    } catch {
      response.writeHead(404, isolated).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    reports,
    answer: <T>(id: string, limit: number) => new Promise<T>((resolve, reject) => {
      let stage = "none";
      const end = (settle: () => void) => {
        clearTimeout(timer);
        listeners.delete(id);
        settle();
      };
      const timer = setTimeout(() => end(() => reject(new Error(`nothing for ${limit / 1000} s; the last stage was: ${stage}`))), limit);
      timers.add(timer);
      listeners.set(id, (message) => {
        if (message.error !== undefined) end(() => reject(new Error(`${message.error}; the last stage was: ${stage}`)));
        else if ("result" in message) end(() => resolve(message.result as T));
        else {
          stage = message.stage ?? stage;
          timer.refresh();
        }
      });
    }),
    close: () => {
      for (const timer of timers) clearTimeout(timer);
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
