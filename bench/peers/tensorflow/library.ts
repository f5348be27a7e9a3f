// TensorFlow.js from its modules, as an application would bundle it: what Node takes by itself has no gradients.

import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/register_all_gradients";
import "@tensorflow/tfjs-backend-cpu";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";

export { setWasmPaths, tf };
