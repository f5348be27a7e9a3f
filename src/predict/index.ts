/**
 * Networks that only predict, in 35 kB after gzip: for apps that get a network trained elsewhere.
 *
 * @module deltawasm/predict
 */
import type { Predictor } from "deltawasm";
import { readMetadata, readNetworkFile, TRAINER_TENSORS } from "../network/file";
import { Predictor as PredictorClass } from "../network/predictor";
import { predictionEngine } from "./engine";

export { DeltawasmError, type ErrorCode } from "../core/errors";
export type { Predictor };

/**
 * Makes a network that predicts from what `save` gave, on one thread: `Network.load` takes several for large networks. Both give the same
 * bits. Where WebAssembly is refused the reference engine stands in, many times slower, with a warning on the console.
 *
 * @throws DeltawasmError `type` where `bytes` are no bytes; `file` for a damaged or foreign file; `memory` where the network doesn't fit
 *
 * @example
 * const response = await fetch("network.safetensors");
 * const network = await loadPredictor(await response.arrayBuffer());
 * network.predict([[0, 1]]);
 */
export async function loadPredictor(bytes: Uint8Array | ArrayBuffer): Promise<Predictor> {
  const { graph, tensors, file } = readNetworkFile(bytes, TRAINER_TENSORS);
  const predictor = new PredictorClass(graph, await predictionEngine());
  predictor.write(tensors);
  predictor.metadata = readMetadata(file);
  return predictor;
}
