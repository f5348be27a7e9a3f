import { expect, test, vi } from "vitest";
import { flats } from "../support/tables";

// Each part with an engine of its own: the modules are loaded anew.

async function trainOn(engine: "wasm" | "reference"): Promise<Uint8Array> {
  vi.resetModules();
  const { init } = await import("deltawasm");
  const { Model } = await import("deltawasm/model");
  await init({ engine, threads: 1 });
  const { model } = await Model.train(flats(60, 5, "class"), { target: "class", epochs: 3, seed: 2 });
  expect(model.network.inspect().engine).toBe(engine);
  return model.save();
}

test("a model has the same bits on the core and on the reference engine", async () => {
  expect(Buffer.compare(await trainOn("wasm"), await trainOn("reference"))).toBe(0);
});
