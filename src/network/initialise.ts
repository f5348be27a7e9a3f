import type { Engine, RandomSource } from "../core/engine";
import { claim, newFloats } from "../core/memory";
import type { Graph, Parameter } from "./graph";
import { type InitialFill, orthogonalMatrix } from "./initialisers";
import { writeParameter } from "./parameters";
import { sizeOf } from "./shape";

/** Fills the flat vector of parameters at `block`. The parameter's number among all is the stream of its random numbers. */
export function initialise(engine: Engine, graph: Graph, block: number, seed: number): void {
  graph.nodes.flatMap((node) => node.parameters).forEach((parameter, stream) => {
    fill(engine, parameter, block, { seed, stream, step: 0 });
  });
}

function fill(engine: Engine, parameter: Parameter, block: number, source: RandomSource): void {
  const { fill, shape, layout, offset } = parameter;
  const size = sizeOf(shape);
  if (fill.kind === "constant") return writeParameter(engine.heap, block, parameter, newFloats(size).fill(fill.value));
  if (layout.panels && layout.isPlain && fill.kind !== "orthogonal") {
    const address = block + offset * 4, [{ inputs, outputs }] = layout.panels;
    if (fill.kind === "uniform") return engine.fillPanelsUniform(address, inputs, outputs, fill.low, fill.high, source);
    return engine.fillPanelsNormal(address, inputs, outputs, fill.mean, fill.deviation, source);
  }
  // The same numbers, drawn in the order that users see, whatever the layout.
  const numbers = claim(size * 4, () => drawn(engine, size, fill, source));
  if (fill.kind !== "orthogonal") return writeParameter(engine.heap, block, parameter, numbers);
  const rows = shape[0], cols = size / rows;
  writeParameter(engine.heap, block, parameter, claim(size * 12, () => orthogonalMatrix(rows, cols, fill.gain, numbers)));
}

/** So many random numbers: normal ones for an orthogonal matrix. */
function drawn(engine: Engine, size: number, fill: InitialFill, source: RandomSource): Float32Array | Float64Array {
  const address = engine.heap.allocate(size * 4);
  try {
    if (fill.kind === "uniform") engine.fillUniform(address, size, fill.low, fill.high, source);
    else if (fill.kind === "normal") engine.fillNormal(address, size, fill.mean, fill.deviation, source);
    else engine.fillNormal(address, size, 0, 1, source);
    return engine.heap.f.slice(address / 4, address / 4 + size);
  } finally {
    engine.heap.free(address);
  }
}
