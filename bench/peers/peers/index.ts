import type { Peer } from "../peer";
import { brain1, brain2 } from "./brain";
import { convnet } from "./convnet";
import { deltawasm } from "./deltawasm";
import { fann } from "./fann";
import { jax } from "./jax";
import { mlFnn } from "./mlFnn";
import { neataptic } from "./neataptic";
import { onnxNode, onnxWeb } from "./onnx";
import { plainJs } from "./plainJs";
import { numpy, sklearn, torch } from "./python";
import { synaptic } from "./synaptic";
import { tensorflowByHand, tensorflowCpu, tensorflowWasm } from "./tensorflow";

/** All that is measured; the first is ours. */
export const peers: readonly Peer[] = [
  deltawasm,
  plainJs, brain1, brain2, synaptic, neataptic, convnet, mlFnn, tensorflowCpu,
  tensorflowWasm, tensorflowByHand, jax, onnxWeb,
  onnxNode, torch, sklearn, numpy, fann,
];
