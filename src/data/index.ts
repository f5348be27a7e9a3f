/**
 * Data: reading files, dividing rows, data sets.
 *
 * @module deltawasm/data
 */
export type { Source } from "./bytes";
export { type CsvOptions, type CsvStreamOptions, readCsv, streamCsv } from "./csv";
export { type Batches, Dataset, type DatasetFoldOptions, type DatasetSplitOptions } from "./dataset";
export { type Idx, type IdxData, readIdx } from "./idx";
export { type JsonStreamOptions, readJson, streamJsonLines } from "./json";
export * from "./preparation";
export { type FoldIndices, type FoldOptions, type Group, kFoldIndices, splitIndices, type SplitIndices, type SplitOptions } from "./split";
export { type Cell, type Table, takeRows } from "./table";
