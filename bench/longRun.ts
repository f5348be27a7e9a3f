import { Network, Trainer, adam, dense } from "../src/index";
import type { Case } from "./measure";
import { trainingData } from "./networks";

const SIZES = [784, 128, 10];
const BATCH = 128;
/** Enough for the momenta of dead units to decay by Adam's 0.9 to below 2^-126, many times over. */
const STEPS = 4000;

/**
 * Adam on a network whose relu units have mostly died (their biases start at −3), fresh and after many steps: first moments
 * without a gradient decay by a tenth each step, and would be denormal, and slow, after 800 of them.
 */
export async function longRunCases(): Promise<Case[]> {
  return Promise.all([[0, "fresh"], [STEPS, `after-${STEPS}`]].map(async ([steps, when]) => {
    const network = await Network.create({
      input: SIZES[0],
      layers: [
        dense(SIZES[1], "relu", { biasInitializer: { type: "constant", value: -3 } }),
        dense(SIZES[2], "softmax"),
      ],
      seed: 1,
    });
    const trainer = new Trainer(network, { loss: "crossEntropy", optimizer: adam({ learningRate: 1e-4 }) });
    const { x, y, rows } = trainingData(SIZES, BATCH);
    await trainer.fit({ x, y }, { epochs: Math.ceil((Number(steps) * BATCH) / rows) || 1, batchSize: BATCH });
    return {
      case: `longrun-${SIZES.join("-")}-b${BATCH}-adam-${when}`, engine: "wasm", build: "simd", threads: 1, unit: "samples/s",
      run: async (times: number) => {
        let total = 0;
        for await (const { seconds } of trainer.epochs({ x, y }, { epochs: times, batchSize: BATCH })) total += seconds;
        return total;
      },
      toUnit: (seconds: number) => rows / seconds,
      end: () => network.dispose(),
    } satisfies Case;
  }));
}
