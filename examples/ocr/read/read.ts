import { largestOf } from "../../support/text";
import { cutsOf } from "../find/cuts";
import { findLines } from "../find/page";
import { type Shape, widthOf } from "../find/shape";
import type { Grey } from "../page/image";
import type { Reader } from "./network";
import { FIELD, normalise } from "./normalise";

/** A character that was read. */
export interface Character {
  text: string;
  /** The network's probability of it. */
  confidence: number;
  /** Where it is; undefined for a space and the end of a line, which are between shapes. */
  shape: Shape | undefined;
}
type Drawn = Character & { shape: Shape };

/** Wider than this, in heights of its line, no character is. */
const WIDEST = 1.4;

/** All that stands on a page, in reading order: characters, spaces between words and "\n" between lines. */
export function readPage(reader: Reader, image: Grey): Character[] {
  const between = (text: string): Character => ({ text, confidence: 1, shape: undefined });
  return findLines(image).flatMap(({ height, words }, line) => [
    ...(line > 0 ? [between("\n")] : []),
    ...words.flatMap((word, n) => [...(n > 0 ? [between(" ")] : []), ...word.flatMap((shape) => readShape(reader, shape, height))]),
  ]);
}

/** A shape as one character, or as some that touch: whatever the network is surer of, in the character that it is least sure of. */
function readShape(reader: Reader, shape: Shape, height: number): Drawn[] {
  const cuts = cutsOf(shape, height);
  const [whole, ...pieces] = classify(reader, [shape, ...cuts.flat()]);
  const isOne = cuts.length === 0 || widthOf(shape) <= WIDEST * height;
  let [best, surest] = [[whole], isOne ? whole.confidence : -1];
  cuts.forEach((_, n) => {
    // A piece may be wide enough for another cut.
    const parts = pieces.slice(2 * n, 2 * n + 2).flatMap((piece) => (
      widthOf(piece.shape) > height ? readShape(reader, piece.shape, height) : [piece]
    ));
    const least = Math.min(...parts.map(({ confidence }) => confidence));
    if (least > surest) [best, surest] = [parts, least];
  });
  return best;
}

function classify({ network, classes }: Reader, shapes: readonly Shape[]): Drawn[] {
  const x = new Float32Array(shapes.length * FIELD * FIELD);
  shapes.forEach((shape, n) => x.set(normalise(shape), n * FIELD * FIELD));
  const outputs = network.predict(x);
  const count = classes.length + 1;
  return shapes.map((shape, n) => {
    const shares = outputs.subarray(n * count, n * count + classes.length);
    const label = largestOf(shares);
    return { text: classes[label], confidence: shares[label], shape };
  });
}
