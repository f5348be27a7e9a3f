import {
  Activation, ActivationBackward, ActivationForward, DenseForward, Op, POINTS, SMALL_INPUTS, SMALL_LAYER_WORDS, SMALL_OUTPUTS, SmallLayer,
} from "../../assembly/records";

/**
 * The layers of SmallStep that do the same as these records; undefined where there are none: another operation, too many units, a
 * softmax that the loss doesn't take in.
 */
export function smallLayers(forward: readonly Int32Array[], backward: readonly Int32Array[]): Int32Array[] | undefined {
  const layers: Int32Array[] = [];
  // In reverse, as the activations will be met.
  const slopes = backward.filter(([op]) => op === Op.ActivationBackward);
  for (const words of forward) {
    if (words[POINTS] !== 1) return undefined;
    const previous = layers.at(-1);
    if (words[0] === Op.DenseForward) {
      const [inputs, outputs, z] = [words[DenseForward.inputs], words[DenseForward.outputs], words[DenseForward.z]];
      if (outputs > SMALL_OUTPUTS || inputs > SMALL_INPUTS || (previous && previous[SmallLayer.a] !== words[DenseForward.x])) return undefined;
      const layer = new Int32Array(SMALL_LAYER_WORDS);
      layer[SmallLayer.inputs] = inputs;
      layer[SmallLayer.outputs] = outputs;
      layer[SmallLayer.w] = words[DenseForward.w];
      layer[SmallLayer.bias] = words[DenseForward.bias];
      layer[SmallLayer.z] = z;
      layer[SmallLayer.a] = z;
      layer[SmallLayer.kind] = Activation.linear;
      layers.push(layer);
    } else if (words[0] === Op.ActivationForward && previous?.[SmallLayer.kind] === Activation.linear) {
      const slope = slopes.pop();
      if (words[ActivationForward.kind] === Activation.softmax || words[ActivationForward.z] !== previous[SmallLayer.z] || !slope) return undefined;
      previous[SmallLayer.kind] = words[ActivationForward.kind];
      previous[SmallLayer.a] = words[ActivationForward.a];
      previous[SmallLayer.parameter] = words[ActivationForward.parameter];
      previous[SmallLayer.saved] = slope[ActivationBackward.saved];
    } else {
      return undefined;
    }
  }
  return layers;
}
