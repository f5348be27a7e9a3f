import { MaxPieces, MaxPiecesBackward, Op } from "../../assembly/records";
import type { Machine } from "./machine";
import type { Fields, Operation } from "./operation";

export const maxPieces: { [Code in Op]?: Operation } = {
  [Op.MaxPieces]: maxPiecesForward,
  [Op.MaxPiecesBackward]: maxPiecesBackward,
};

function maxPiecesForward({ f, i }: Machine, { rows, word, at }: Fields): void {
  const units = word(MaxPieces.units);
  for (let row = 0; row < rows; row++) {
    for (let unit = 0; unit < units; unit++) {
      const z = at(MaxPieces.z) + row * word(MaxPieces.ldz) + unit, to = row * word(MaxPieces.ldy) + unit;
      let piece = 0;
      for (let p = 1; p < word(MaxPieces.pieces); p++) {
        const value = f[z + p * units];
        if (value > f[z + piece * units] || Number.isNaN(value)) piece = p;
      }
      f[at(MaxPieces.y) + to] = f[z + piece * units];
      if (at(MaxPieces.index) >= 0) i[at(MaxPieces.index) + to] = piece;
    }
  }
}

function maxPiecesBackward({ f, i }: Machine, { rows, word, at }: Fields): void {
  const units = word(MaxPiecesBackward.units);
  for (let row = 0; row < rows; row++) {
    for (let unit = 0; unit < units; unit++) {
      const from = row * word(MaxPiecesBackward.lddy) + unit;
      for (let p = 0; p < word(MaxPiecesBackward.pieces); p++) {
        const dz = at(MaxPiecesBackward.dz) + row * word(MaxPiecesBackward.lddz) + p * units + unit;
        f[dz] = i[at(MaxPiecesBackward.index) + from] === p ? f[at(MaxPiecesBackward.dy) + from] : 0;
      }
    }
  }
}
