/**
 * Networks and their training.
 *
 * @module deltawasm
 */
export { init, type InitOptions } from "./core/init";
export type { Build } from "./core/coreBytes";
export { DeltawasmError, type ErrorCode } from "./core/errors";
export type { Numbers, Rows, Labels } from "./data/rows";
export { Network, type Inspection, type NamedTensor } from "./network/network";
export type { Predictor } from "./network/predictor";
export type { LoadParametersOptions } from "./network/file";
export type { TensorInput } from "./network/tensors";
export type { NetworkSpec } from "./network/graph";
export type { LayerSpec } from "./network/layers";
export { add, Branch, concat, graph } from "./network/functional";
export type { LayerOptions, Placed } from "./network/layers/layer";
export type { AddSpec } from "./network/layers/add";
export type { ConcatSpec } from "./network/layers/concat";
export { flatten, type FlattenSpec } from "./network/layers/flatten";
export { reshape, type ReshapeSpec } from "./network/layers/reshape";
export { residual, type ResidualOptions, type ResidualSpec } from "./network/layers/residual";
export { dropout, type DropoutOptions, type DropoutSpec } from "./network/layers/dropout";
export { alphaDropout, type AlphaDropoutOptions, type AlphaDropoutSpec } from "./network/layers/alphaDropout";
export { gaussianNoise, type GaussianNoiseOptions, type GaussianNoiseSpec } from "./network/layers/gaussianNoise";
export { embedding, type EmbeddingOptions, type EmbeddingSpec } from "./network/layers/embedding";
export { conv2d, type Conv2dOptions, type Conv2dSpec } from "./network/layers/conv2d";
export { batchNorm, type BatchNormOptions, type BatchNormSpec } from "./network/layers/batchNorm";
export { layerNorm, type LayerNormOptions, type LayerNormSpec } from "./network/layers/layerNorm";
export { prelu, type PreluOptions, type PreluSpec } from "./network/layers/prelu";
export { maxout, type MaxoutOptions, type MaxoutSpec } from "./network/layers/maxout";
export { dense, type DenseOptions, type DenseSpec } from "./network/layers/dense";
export { depthwiseConv2d, type DepthwiseConv2dOptions, type DepthwiseConv2dSpec } from "./network/layers/depthwiseConv2d";
export { maxPool2d, type MaxPool2dOptions, type MaxPool2dSpec } from "./network/layers/maxPool2d";
export { avgPool2d, type AvgPool2dOptions, type AvgPool2dSpec } from "./network/layers/avgPool2d";
export { globalAvgPool2d, type GlobalAvgPool2dSpec } from "./network/layers/globalAvgPool2d";
export type { Pair } from "./network/layers/window";
export type { PoolingOptions } from "./network/layers/pooling";
export { activation, type ActivationLayerSpec } from "./network/layers/activation";
export type { ActivationName, ActivationOption, ActivationOptions, ActivationSpec } from "./network/activations";
export type { Initializer, InitializerName, InitializerOptions, InitializerSpec } from "./network/initialisers";
export { Trainer } from "./training/trainer";
export type { TrainerOptions } from "./training/trainerOptions";
export { memoryNeeded, type MemoryNeeded, type MemoryQuestion } from "./training/memory";
export type { Data } from "./training/dataBlock";
export type { Batches, DataSource, DataStream } from "./training/feed";
export type { Evaluation } from "./training/evaluate";
export type { TrainingObserver } from "./training/observer";
export type { AugmentOptions, ElasticOptions } from "./training/augmentOptions";
export { augmentImages, type AugmentImagesOptions } from "./training/augmentImages";
export type { EpochReport, FitOptions, History, Progress } from "./training/fitOptions";
export type { LossName, LossOption, LossOptions, LossSpec } from "./training/losses";
export {
  adagrad, adam, adamW, momentum, nesterov, rmsprop, sgd,
  type OptimizerName, type OptimizerOption, type OptimizerOptions, type OptimizerSpec,
} from "./training/optimizers";
export {
  cosineDecay, exponentialDecay, oneCycle, reduceOnPlateau, stepDecay, warmUp,
  type FollowingSchedule, type ScheduleName, type ScheduleOption, type ScheduleOptions, type SchedulePer, type ScheduleSpec,
} from "./training/schedules";
export type { EarlyStoppingOption, EarlyStoppingOptions } from "./training/earlyStopping";
export type { Monitor } from "./training/monitor";
export { gradientCheck, type GradientCheck, type GradientCheckBatch } from "./training/gradientCheck";
