import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { hasBinaries, runtimes } from "./runtimes";

const run = promisify(execFile);

describe.skipIf(!hasBinaries).each(runtimes)("a team in $name", ({ binary, args }) => {
  it("takes nothing while it is idle, outlives no program, and may lose a thread", async () => {
    // Ends by itself: else this fails by its time.
    const { stdout } = await run(binary, [...args, fileURLToPath(new URL("team.mjs", import.meta.url))], { timeout: 60_000 });
    const { idle, loss, started } = JSON.parse(stdout);
    expect(idle).toBeLessThan(0.1);
    expect(loss).toEqual({ code: "worker", isFinite: true, stopped: "completed", threads: 1 });
    expect(started, "a new team for each, with one thread beside the main one").toBe(3);
  });
});
