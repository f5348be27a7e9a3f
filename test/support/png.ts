import { crc32, deflateSync } from "node:zlib";

/** Bits of a sample, and the kind of a PNG: 0 grey, 2 red-green-blue, 3 palette, 4 grey with alpha, 6 red-green-blue with alpha. */
export interface PngKind {
  bits: 1 | 8 | 16;
  colorType: 0 | 2 | 3 | 4 | 6;
  /** Red, green and blue of each colour, for colour type 3. */
  palette?: number[];
}

function chunk(name: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(data.length);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return chunk;
}

/** A PNG as its specification says (https://www.w3.org/TR/png-3), from the samples of each pixel; written without any library. */
export function png(width: number, height: number, { bits, colorType, palette }: PngKind, samplesAt: (x: number, y: number) => number[]): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([bits, colorType, 0, 0, 0], 8);
  const rows = Array.from({ length: height }, (_, y) => {
    const samples = Array.from({ length: width }, (__, x) => samplesAt(x, y)).flat();
    const row = new Uint8Array(1 + Math.ceil((samples.length * bits) / 8));
    samples.forEach((sample, n) => {
      if (bits === 16) row.set([sample >> 8, sample & 255], 1 + n * 2);
      else if (bits === 8) row[1 + n] = sample;
      else row[1 + (n >> 3)] |= sample << (7 - (n & 7));
    });
    return row;
  });
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", head),
    ...(palette ? [chunk("PLTE", Uint8Array.from(palette))] : []),
    chunk("IDAT", deflateSync(Buffer.concat(rows))),
    chunk("IEND", new Uint8Array(0)),
  ]);
}
