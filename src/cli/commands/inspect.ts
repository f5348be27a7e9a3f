import { stat } from "node:fs/promises";
import { type FeatureEncoding, TableEncoder } from "deltawasm/data";
import { readModel } from "../models";
import { counted, listed, number, Output, type OutputOptions } from "../output";

/** What a column becomes, in words. */
function describe(feature: FeatureEncoding): string {
  if (feature.type === "category") return `category: ${listed(feature.categories, 6)}`;
  return feature.type === "ignored" ? `left out: ${feature.note}` : feature.type;
}

/** Shows what a model is: what it tells, from which columns, by which layers. */
export async function inspect(path: string, command: OutputOptions): Promise<number> {
  const output = new Output(command);
  const { size } = await stat(path);
  const model = await readModel(path);
  try {
    const { network, preparation, labels, task } = model;
    const { parameters, engine, build, threads, notes } = network.inspect();
    const { colors } = output;
    const tensors = Object.entries(network.parameters()).map(([name, { shape }]) => ({ name, shape: [...shape] }));
    output.line(`\n ${colors.bold(path)}   ${number(Math.round(size / 1000))} kB, ${counted(parameters, "parameter")}`);
    const encoder = preparation instanceof TableEncoder ? preparation : undefined;
    const target = encoder?.target.name;
    output.line(` Tells ${target === undefined ? "" : `${colors.green(target)}, `}${task === "classification" ? `one of ${counted(labels.length, "class", "classes")}: ${listed(labels, 12)}` : "a number"}`);
    if (encoder) {
      const width = Math.max(...encoder.features.map(({ name }) => name.length));
      output.line(`\n ${colors.bold("From")}`);
      for (const feature of encoder.features) output.line(`   ${feature.name.padEnd(width)}  ${describe(feature)}`);
    }
    output.line(`\n ${colors.bold("Layers")}   ${network.inputShape.join(" × ")} → ${network.outputShape.join(" × ")}`);
    network.spec.layers.forEach((layer, n) => output.line(`   ${String(n).padStart(2)}  ${layer.type.padEnd(10)}  ${facts(layer)}`));
    output.line(`\n ${colors.bold("Parameters")}`);
    output.table(["name", "shape"], tensors.map(({ name, shape }) => [name, shape.join(" × ")]));
    output.line(`\n Runs on ${engine} ${build}, ${counted(threads, "thread")}${notes.length > 0 ? colors.dim(` · ${notes.join(" · ")}`) : ""}\n`);
    output.json({
      file: path, bytes: size, task, labels, ...(target === undefined ? {} : { target }), parameters, tensors, spec: network.spec,
      ...(encoder ? { features: encoder.features } : {}), hasReport: model.run !== undefined,
    });
    return 0;
  } finally {
    model.dispose();
  }
}

/** The options of a layer, in its spec's words. */
function facts(layer: object): string {
  return Object.entries(layer).filter(([name, value]) => name !== "type" && typeof value !== "object").map(([name, value]) => `${name} ${value}`).join(", ");
}
