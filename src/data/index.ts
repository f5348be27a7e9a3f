/**
 * Data: reading files, dividing rows, data sets.
 *
 * @module deltawasm/data
 */
export type { Source } from "./bytes";
export { type CsvOptions, type CsvStreamOptions, readCsv, streamCsv } from "./csv";
export { Dataset, type DatasetFoldOptions, type DatasetOptions, type DatasetSource, type DatasetSplitOptions } from "./dataset";
export type { DatasetData, DatasetPair } from "./datasetParts";
export { type Idx, type IdxData, readIdx } from "./idx";
export { type JsonStreamOptions, readJson, streamJsonLines } from "./json";
export * from "./preparation";
export { type FoldIndices, type FoldOptions, type Group, kFoldIndices, splitIndices, type SplitIndices, type SplitOptions } from "./split";
export { type Cell, type Table, takeRows } from "./table";
