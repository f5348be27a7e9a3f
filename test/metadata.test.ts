import { expect, test } from "vitest";
import { dense, Network, Trainer } from "../src/index";
import { refused } from "./support/refusals";

const spec = { input: 2, layers: [dense(3, "tanh", { name: "head" }), dense(1)], seed: 4 };

test("texts that are kept with a network come back from its file, and from its trainer's", async () => {
  using network = await Network.create(spec);
  const plain = network.save();
  network.metadata = { author: "Ada", scale: JSON.stringify({ mean: [1, 2] }), "": "an \u0000 odd \"key\" \ud83d\ude00" };
  const trainer = new Trainer(network, { loss: "meanSquaredError" });
  trainer.step([[1, 2]], [[3]]);
  for (const bytes of [network.save(), trainer.save()]) {
    using loaded = await Network.load(bytes);
    expect(loaded.metadata).toEqual(network.metadata);
    expect(loaded.save()).toEqual(network.save());
  }
  expect((await Trainer.load(trainer.save())).network.metadata).toEqual(network.metadata);
  using bare = await Network.load(plain);
  expect(bare.metadata).toEqual({});
});

test("what a file can't carry is refused when it is saved", async () => {
  using network = await Network.create(spec);
  for (const [metadata, code, words] of [
    [{ format: "x" }, "conflict", /metadata\["format"\].*take another/],
    [{ "deltawasm.spec": "{}" }, "conflict", /deltawasm\.spec/],
    [{ epochs: 3 }, "type", /metadata\["epochs"\]: expected text, got 3/],
    [null, "type", /network\.metadata: expected an object of texts, got null/],
  ] as const) {
    network.metadata = metadata as unknown as Record<string, string>;
    for (const save of [() => network.save(), () => new Trainer(network, { loss: "meanSquaredError" }).save()]) {
      const error = await refused(async () => save());
      expect(error.code).toBe(code);
      expect(error.message).toMatch(words);
    }
  }
});
