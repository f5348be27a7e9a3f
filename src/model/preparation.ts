import { Scaler, TableEncoder } from "deltawasm/data";
import type { Network } from "deltawasm";
import { checkInteger, checkOptions } from "../core/check";
import { DeltawasmError } from "../core/errors";
import { show } from "../core/show";
import { fromFile, readTexts } from "../data/preparation/file";

/** How plain rows of numbers, such as images, become inputs of a network, and what its outputs mean. */
export interface ArrayPreparation {
  /** Scales inputs. Default: they are taken as they are. */
  scaler?: Scaler;
  /** Names of the classes, in the order of the outputs; of a single sigmoid the two classes, that of 0 first. Left out, outputs are numbers. */
  labels?: readonly string[];
  /** Scales targets that are numbers: predictions come in their own units. Default: they are taken as they are. */
  targetScaler?: Scaler;
}

/** What is done with rows before a network sees them, and with its outputs. */
export type Preparation = TableEncoder | ArrayPreparation;

const VERSION = 1;

/** Checks a preparation against a network; gives a copy. @throws DeltawasmError type, unknown, shape, conflict */
export function checkPreparation(network: Network, given: unknown): Preparation {
  if (given instanceof TableEncoder) {
    checkSize("inputs", network.inputs, given.inputs);
    checkSize("outputs", network.outputs, given.outputs);
    return given;
  }
  const { scaler, labels, targetScaler } = checkOptions("preparation", given, ["scaler", "labels", "targetScaler"]);
  const names = labels === undefined ? undefined : Object.freeze(readTexts("preparation.labels", labels));
  if (names && targetScaler !== undefined) throw new DeltawasmError("conflict", "preparation.targetScaler: classes are not scaled: give labels or targetScaler");
  if (names && names.length !== Math.max(network.outputs, 2)) {
    throw new DeltawasmError("shape", `preparation.labels: expected ${Math.max(network.outputs, 2)} names, one a class, got ${names.length}`);
  }
  return {
    ...(scaler === undefined ? {} : { scaler: checkScaler("preparation.scaler", scaler, network.inputs) }),
    ...(names === undefined ? {} : { labels: names }),
    ...(targetScaler === undefined ? {} : { targetScaler: checkScaler("preparation.targetScaler", targetScaler, network.outputs) }),
  };
}

function checkSize(what: "inputs" | "outputs", has: number, needed: number): void {
  if (has !== needed) throw new DeltawasmError("shape", `network: it has ${has} ${what}, and the encoder makes ${needed}: create it with encoder.${what}`);
}

function checkScaler(where: string, scaler: unknown, size: number): Scaler {
  if (!(scaler instanceof Scaler)) throw new DeltawasmError("type", `${where}: expected a Scaler, got ${show(scaler)}`);
  scaler.checkInputs(size);
  return scaler;
}

/** A preparation as text. */
export function writePreparation(preparation: Preparation): string {
  return JSON.stringify({ version: VERSION, ...(preparation instanceof TableEncoder ? { encoder: preparation } : preparation) });
}

/** Reads what `writePreparation` gave, for a network. @throws DeltawasmError file */
export function readPreparation(network: Network, text: string | undefined): Preparation {
  if (text === undefined) {
    throw new DeltawasmError("file", "file: it holds a network without a preparation, so that raw rows can't be predicted: load it by Network.load, or save a Model");
  }
  return fromFile("file", () => {
    const { version, encoder, scaler, labels, targetScaler } = checkOptions(
      "model", parseJson("model", text), ["version", "encoder", "scaler", "labels", "targetScaler"],
    );
    checkInteger("model.version", version, 1, VERSION);
    if (encoder !== undefined) return checkPreparation(network, TableEncoder.fromJSON(encoder));
    return checkPreparation(network, {
      ...(scaler === undefined ? {} : { scaler: Scaler.fromJSON(scaler) }),
      ...(labels === undefined ? {} : { labels }),
      ...(targetScaler === undefined ? {} : { targetScaler: Scaler.fromJSON(targetScaler) }),
    });
  });
}

/** @throws DeltawasmError type */
export function parseJson(where: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new DeltawasmError("type", `${where}: expected JSON, got ${show(text)}`);
  }
}
