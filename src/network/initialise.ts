import type { Engine } from "../core/engine";
import { claim, newFloats } from "../core/memory";
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
      writeParameter(engine.heap, block, parameter, newFloats(outputs * inputs).fill(fill.value));
      return;
    case "orthogonal": {
      // The numbers are drawn where the matrix will be: in panels a matrix takes at least as much room.
      engine.fillNormal(address, outputs * inputs, 0, 1, source);
      const normals = claim(outputs * inputs * 4, () => engine.heap.f.slice(address / 4, address / 4 + outputs * inputs));
      engine.heap.f.fill(0, address / 4, address / 4 + parameter.length);
      const matrix = claim(outputs * inputs * 12, () => orthogonalMatrix(outputs, inputs, fill.gain, normals));
      writeParameter(engine.heap, block, parameter, matrix);
    }
  }
}
