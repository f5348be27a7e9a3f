import type { Engine } from "../core/engine";
import type { Graph, Parameter } from "./graph";
import { orthogonalMatrix } from "./initialisers";
import { writeParameter } from "./parameters";

/** Fills the flat vector of parameters at `block`. The parameter's number among all is the stream of its random numbers. */
export function initialise(engine: Engine, graph: Graph, block: number, seed: number): void {
  graph.nodes.flatMap((node) => node.parameters).forEach((parameter, stream) => {
    fill(engine, parameter, block, { seed, stream, step: 0 });
  });
}

function fill(engine: Engine, parameter: Parameter, block: number, source: { seed: number; stream: number; step: number }): void {
  const { kind, shape, fill } = parameter;
  const address = block + parameter.offset * 4;
  const [outputs, inputs = 1] = shape;
  switch (fill.kind) {
    case "uniform":
      if (kind === "matrix") engine.fillPanelsUniform(address, inputs, outputs, fill.low, fill.high, source);
      else engine.fillUniform(address, outputs, fill.low, fill.high, source);
      return;
    case "normal":
      if (kind === "matrix") engine.fillPanelsNormal(address, inputs, outputs, fill.mean, fill.deviation, source);
      else engine.fillNormal(address, outputs, fill.mean, fill.deviation, source);
      return;
    case "constant":
      writeParameter(engine.heap, block, parameter, new Float32Array(outputs * inputs).fill(fill.value));
      return;
    case "orthogonal": {
      const scratch = engine.heap.allocate(outputs * inputs * 4);
      engine.fillNormal(scratch, outputs * inputs, 0, 1, source);
      const normals = engine.heap.f.slice(scratch / 4, scratch / 4 + outputs * inputs);
      engine.heap.free(scratch);
      writeParameter(engine.heap, block, parameter, orthogonalMatrix(outputs, inputs, fill.gain, normals));
    }
  }
}
