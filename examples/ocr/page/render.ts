import { type Images, PIXELS, SIZE } from "../../digits/data";
import { randomNumbers } from "../../support/random";
import type { Grey } from "./image";
import { type Box, type Ink, inkColumns, write } from "./pen";

/** A character of a page: what it is, and where. */
export interface Written {
  label: number;
  box: Box;
}

/** A picture of a page, and the truth about it. */
export interface Page {
  image: Grey;
  /** Line by line, words with a space between. */
  text: string[];
  characters: Written[];
}

const WIDTH = 1100;
const LINES = 16;
const MARGIN = 60;
/** The height of characters, in pixels. */
const SIZES: Range = [24, 40];
/** From a broad pen to a fine one. */
const EDGES: Range = [0.3, 0.52];

type Range = [least: number, most: number];

/** A page of words of digits, each digit a scan drawn from those that are given. */
export function renderPage(scans: Images, seed: number): Page {
  const random = randomNumbers(seed);
  const between = ([least, most]: Range) => least + (most - least) * random();
  const size = between(SIZES);
  const pitch = size * 1.75;
  const ink: Ink = { width: WIDTH, height: Math.round(LINES * pitch + 2 * MARGIN), pixels: new Float32Array(0) };
  ink.pixels = new Float32Array(ink.width * ink.height);
  // The page lies a little askew, and whoever wrote it has a slant.
  const [skew, lean, edge] = [between([-0.02, 0.02]), between([-0.1, 0.2]), between(EDGES)];
  const text: string[] = [];
  const characters: Written[] = [];
  for (let line = 0; line < LINES; line++) {
    const lineSize = size * between([0.9, 1.1]);
    const end = WIDTH - MARGIN - between([0, 6 * size]);
    let x = MARGIN + between([0, 2 * size]);
    let letters = "";
    for (let left = Math.ceil(between([0, 6])); x < end; left--) {
      if (left === 0) {
        x += lineSize * between([0.8, 1.4]);
        left = Math.ceil(between([0, 6]));
        letters += " ";
      }
      const n = Math.floor(random() * scans.labels.length);
      const scan = scans.pixels.subarray(n * PIXELS, (n + 1) * PIXELS);
      const [first, behind] = inkColumns(scan);
      const own = lineSize * between([0.92, 1.08]);
      const pixel = own / SIZE;
      const middle = x + (SIZE / 2 - first) * pixel;
      // Around the middle of the page.
      const y = MARGIN + (line + 0.5) * pitch + between([-0.06, 0.06]) * lineSize + (middle - WIDTH / 2) * skew;
      const [turn, slant, pressure] = [skew + between([-0.12, 0.12]), lean + between([-0.1, 0.1]), between([0.7, 1])];
      characters.push({ label: scans.labels[n], box: write(ink, { scan, x: middle, y, size: own, turn, slant, pressure, edge }) });
      letters += String(scans.labels[n]);
      x += (behind - first) * pixel + lineSize * between([0, 0.28]);
    }
    text.push(letters.trim());
  }
  return { image: photograph(ink, random), text, characters };
}

/** As a camera sees it: a little out of focus, one side in the light and a corner in the shade, and noise. */
function photograph(ink: Ink, random: () => number): Grey {
  const { width, height } = ink;
  const focus = random();
  for (let times = 0; times < 1 + 2 * focus; times++) blur(ink);
  const [across, down, shade] = [random() - 0.5, random() - 0.5, 0.3 * random()];
  const [shadeX, shadeY] = [random() * width, random() * height];
  const [noise, darkest] = [4 + 8 * random(), 0.15 + 0.2 * random()];
  const pixels = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const dx = (x - shadeX) / width;
      const dy = (y - shadeY) / width;
      const light = 225 * (1 + 0.25 * (across * (x / width - 0.5) + down * (y / height - 0.5)) - shade / (1 + 8 * (dx * dx + dy * dy)));
      // The sum of uniform numbers is close to a normal one, of deviation 1.
      const bell = (random() + random() + random() + random() - 2) * Math.sqrt(3);
      const grey = light * (1 - (1 - darkest) * ink.pixels[y * width + x]) + noise * bell;
      pixels[y * width + x] = Math.min(255, Math.max(0, Math.round(grey)));
    }
  }
  return { width, height, pixels };
}

/** One half of each pixel, a quarter of each neighbour: along rows, then along columns. */
function blur({ width, height, pixels }: Ink): void {
  const along = (start: number, step: number, count: number) => {
    let before = 0;
    for (let n = 0; n < count; n++) {
      const at = start + n * step;
      const here = pixels[at];
      pixels[at] = 0.5 * here + 0.25 * (before + (n + 1 < count ? pixels[at + step] : 0));
      before = here;
    }
  };
  for (let y = 0; y < height; y++) along(y * width, 1, width);
  for (let x = 0; x < width; x++) along(x, width, height);
}
