/** A pair of an alignment: an item of the truth and one that was read; undefined where either has none. */
export type Aligned<T> = [is: string | undefined, read: T | undefined];

/**
 * Two texts beside each other with the fewest differences: replaced, missing and additional characters, of which there are as many as
 * V. Levenshtein's distance (1965) says. Found by the algorithm of R. Wagner and M. Fischer (1974).
 */
export function align<T extends { text: string }>(is: string, read: readonly T[]): Aligned<T>[] {
  const truth = [...is];
  const columns = read.length + 1;
  const distance = new Uint32Array((truth.length + 1) * columns);
  const replaced = (i: number, j: number) => distance[(i - 1) * columns + j - 1] + Number(truth[i - 1] !== read[j - 1].text);
  for (let i = 0; i <= truth.length; i++) {
    for (let j = 0; j <= read.length; j++) {
      const at = i * columns + j;
      distance[at] = i === 0 || j === 0 ? i + j : Math.min(distance[at - columns] + 1, distance[at - 1] + 1, replaced(i, j));
    }
  }
  const pairs: Aligned<T>[] = [];
  for (let [i, j] = [truth.length, read.length]; i > 0 || j > 0;) {
    const at = i * columns + j;
    if (i > 0 && j > 0 && distance[at] === replaced(i, j)) pairs.push([truth[--i], read[--j]]);
    else if (i > 0 && distance[at] === distance[at - columns] + 1) pairs.push([truth[--i], undefined]);
    else pairs.push([undefined, read[--j]]);
  }
  return pairs.reverse();
}

export const isRight = <T extends { text: string }>([is, read]: Aligned<T>) => is === read?.text;

/**
 * Errors by kind; the accuracy is 1 − errors / characters of the truth: not below 0. A missing or additional space or line end is an error like any
 * other, but those that are right don't count as characters: that they are found says little.
 */
export interface Score {
  characters: number;
  replaced: number;
  missing: number;
  additional: number;
  accuracy: number;
}

export function scoreOf<T extends { text: string }>(pairs: readonly Aligned<T>[]): Score {
  const wrong = pairs.filter((pair) => !isRight(pair));
  const missing = wrong.filter(([, read]) => read === undefined).length;
  const additional = wrong.filter(([is]) => is === undefined).length;
  const characters = pairs.filter(([is]) => is !== undefined && is.trim() !== "").length;
  const accuracy = characters > 0 ? Math.max(0, 1 - wrong.length / characters) : Number(wrong.length === 0);
  return { characters, replaced: wrong.length - missing - additional, missing, additional, accuracy };
}
