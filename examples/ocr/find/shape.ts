import type { Mask } from "./binarise";

/** Pixels of ink beside each other in a row: from `start`, before `end`. */
export interface Run {
  y: number;
  start: number;
  end: number;
}

/** Some ink, and the box around it: from `left` and `top`, before `right` and `bottom`. */
export interface Shape {
  runs: Run[];
  left: number;
  top: number;
  right: number;
  bottom: number;
  /** Pixels of ink. */
  area: number;
}

export const widthOf = ({ left, right }: Shape) => right - left;
export const heightOf = ({ top, bottom }: Shape) => bottom - top;

export function shapeOf(runs: Run[]): Shape {
  const shape: Shape = { runs, left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity, area: 0 };
  for (const { y, start, end } of runs) {
    shape.left = Math.min(shape.left, start);
    shape.right = Math.max(shape.right, end);
    shape.top = Math.min(shape.top, y);
    shape.bottom = Math.max(shape.bottom, y + 1);
    shape.area += end - start;
  }
  return shape;
}

export function joined(a: Shape, b: Shape): Shape {
  return shapeOf([...a.runs, ...b.runs]);
}

/** The ink left of a column, and the ink from there on. */
export function cut({ runs }: Shape, x: number): [left: Shape, right: Shape] {
  const left = runs.filter(({ start }) => start < x).map((run) => ({ ...run, end: Math.min(run.end, x) }));
  const right = runs.filter(({ end }) => end > x).map((run) => ({ ...run, start: Math.max(run.start, x) }));
  return [shapeOf(left), shapeOf(right)];
}

/** Ink that hangs together, over sides and corners of pixels: connected components, in the order of their first pixels. */
export function components(mask: Mask): Shape[] {
  const runs: Run[] = [];
  // Of each run the number of one that it hangs together with, up to one that stands for them all.
  const parent: number[] = [];
  const root = (n: number) => {
    while (parent[n] !== n) n = parent[n] = parent[parent[n]];
    return n;
  };
  // The first run of the row above that may still touch.
  let above = 0;
  for (let y = 0; y < mask.height; y++) {
    const first = runs.length;
    for (const run of runsOf(mask, y)) {
      const n = runs.push(run) - 1;
      parent.push(n);
      // Runs of the row above that end before this one are behind those of the next, too.
      while (above < first && runs[above].end < run.start) above++;
      for (let other = above; other < first && runs[other].start <= run.end; other++) {
        const [a, b] = [root(other), root(n)];
        parent[Math.max(a, b)] = Math.min(a, b);
      }
    }
    above = first;
  }
  const groups = new Map<number, Run[]>();
  runs.forEach((run, n) => {
    const group = groups.get(root(n));
    if (group) group.push(run);
    else groups.set(root(n), [run]);
  });
  return [...groups.values()].map(shapeOf);
}

function runsOf({ width, pixels }: Mask, y: number): Run[] {
  const runs: Run[] = [];
  const row = pixels.subarray(y * width, (y + 1) * width);
  for (let start = row.indexOf(1); start >= 0;) {
    const gap = row.indexOf(0, start);
    const end = gap < 0 ? width : gap;
    runs.push({ y, start, end });
    start = row.indexOf(1, end);
  }
  return runs;
}
