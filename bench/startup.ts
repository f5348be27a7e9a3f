import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Case } from "./measure";

const program = `
  import { Network, dense } from "deltawasm";
  const network = await Network.create({ input: 2, layers: [dense(3, "tanh"), dense(1, "sigmoid")] });
  if (network.predict([0, 1]).length !== 1) process.exit(1);
`;

/** A fresh Node process that imports the built package and predicts, and an empty one: the difference is what the library costs. */
export function startupCases(): Case[] {
  // From the folder of the bundled bench, build/bench, where the package finds itself by its name.
  const cwd = fileURLToPath(new URL(".", import.meta.url));
  return [["startup-empty", ""], ["startup-first-prediction", program]].map(([name, source]) => ({
    case: name, engine: "wasm", build: "simd", threads: 1, unit: "ms",
    run: (times) => {
      for (let n = 0; n < times; n++) execFileSync(process.execPath, ["--input-type=module", "-e", source], { cwd });
    },
    toUnit: (seconds) => seconds * 1000,
  }));
}
