import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { serve } from "../browsers/server";
import { visitOn, visitsOf } from "./pages";
import { LIMIT, type Place } from "./place";

/** Where Debian and its like have the small browser of WebKitGTK. */
const LIBRARIES = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/libexec"];
const DRIVER = "/usr/bin/WebKitWebDriver";
/** It shares memory only where it is told to. */
const SHARED = { JSC_useSharedArrayBuffer: "1" };

/** MiniBrowser of the newest WebKitGTK. */
function miniBrowser(): string | undefined {
  const folders = LIBRARIES.filter(existsSync).flatMap((library) => readdirSync(library).filter((name) => /^webkit2?gtk/.test(name)).sort().reverse().map((name) => `${library}/${name}`));
  return folders.map((folder) => `${folder}/MiniBrowser`).find(existsSync);
}

/** A port that nobody has. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject).listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** A call of the WebDriver protocol. */
async function call(url: string, method: string, body?: object): Promise<any> {
  const response = await fetch(url, { method, signal: AbortSignal.timeout(LIMIT), ...(body ? { body: JSON.stringify(body) } : {}) });
  const { value } = (await response.json()) as { value: any };
  if (!response.ok) throw new Error(`${url}: ${value.message ?? value.error}`);
  return value;
}

/** Starts the driver, on a screen of its own where there is none. */
async function startDriver(): Promise<{ driver: ChildProcess; address: string }> {
  const port = await freePort();
  const command = process.env.DISPLAY ? [DRIVER] : ["xvfb-run", "-a", DRIVER];
  // A group of its own, which is ended as a whole.
  const driver = spawn(command[0], [...command.slice(1), `--port=${port}`], { stdio: "ignore", detached: true, env: { ...process.env, ...SHARED } });
  const address = `http://127.0.0.1:${port}`;
  for (let n = 0; n < 100; n++) {
    if (await call(`${address}/status`, "GET").then(() => true, () => false)) return { driver, address };
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
  end(driver);
  throw new Error("WebKitWebDriver does not answer");
}

function end(driver: ChildProcess): void {
  if (driver.pid) process.kill(-driver.pid, "SIGTERM");
}

/** Pages of WebKitGTK, which its own driver opens; what comes of them they tell the server. */
export function webkit(): Place {
  const binary = miniBrowser();
  return {
    name: "WebKitGTK",
    visits: visitsOf("WebKitGTK"),
    missing: binary && existsSync(DRIVER) ? undefined : process.platform === "linux" ? "apt-get install webkit2gtk-driver xvfb xauth" : "it is for Linux",
    async open() {
      const server = await serve();
      const { driver, address } = await startDriver();
      const start = () => call(`${address}/session`, "POST", {
        capabilities: { alwaysMatch: { "webkitgtk:browserOptions": { binary, args: ["--automation"] } } },
      });
      const { sessionId, capabilities } = await start();
      await call(`${address}/session/${sessionId}`, "DELETE");
      return {
        version: capabilities.browserVersion,
        async run(visit) {
          const { sessionId } = await start();
          try {
            const { url, result } = visitOn(server, visit);
            const [given] = await Promise.all([result, call(`${address}/session/${sessionId}/url`, "POST", { url })]);
            return given;
          } finally {
            await call(`${address}/session/${sessionId}`, "DELETE");
          }
        },
        async end() {
          end(driver);
          server.close();
        },
      };
    },
  };
}
