import type { Batches, Core, Plan } from "./observed";

// About what a sample costs, counted in multiplications and additions of the core.

/** What it costs to look at a number or a parameter in JavaScript, and what a sample costs anyway. */
const READ = 50;
const FIXED = 5e6;

/** How many steps take as long as a sample of so many rows, of whose layers so many numbers are looked at. */
export function stepsOfSample({ network: { graph } }: Core, { outputs }: Plan, { batchSize, accumulate }: Batches, rows: number, numbers: number): number {
  /** Of one row, forward: each weight once for each point that it makes. */
  const products = graph.nodes.reduce((sum, { parameters }, n) => (
    parameters.reduce((of, { role, layout }) => of + (role === "weight" ? layout.length * outputs[n].points : 0), sum)
  ), 0);
  // Backward is twice as much.
  const batch = batchSize * 3 * products;
  const step = accumulate * batch + 2 * graph.length;
  const sample = rows * products + batch + READ * (numbers + graph.length) + FIXED;
  return sample / step;
}
