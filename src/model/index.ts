/**
 * Models: a network with its preprocessing, trained by a recipe, in one file.
 *
 * @module deltawasm/model
 */
export type { ClassifierEvaluation, ModelEvaluation, RegressionEvaluation } from "./evaluation";
export { Model, type Predictions, type TrainedModel } from "./model";
export type { Classification } from "./predictions";
export type { ArrayPreparation, Preparation } from "./preparation";
export { recipe, type Recipe, type RecipeQuestion } from "./recipe";
export type { CommonTrainOptions, DatasetTrainOptions, StreamTrainOptions, TrainingStart, TrainOptions } from "./training";
export type { TableStream } from "./stream";
export { splitTable, type SplitTableOptions } from "./splitTable";
