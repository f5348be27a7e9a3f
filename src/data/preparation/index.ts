export type { CategoryEncoding } from "./categoryEncoding";
export type { ColumnType, Task } from "./columnTypes";
export type { DateEncoding } from "./dateEncoding";
export type { NumberEncoding } from "./numberEncoding";
export { minMaxScaler, Scaler, ScalerFitter, type ScalerJson, standardScaler } from "./scaler";
export { type FeatureEncoding, type IgnoredColumn, TableEncoder, type TableEncoderJson, TableFitter } from "./tableEncoder";
export { type ColumnInfo, inferColumns, type TableOptions } from "./tableSummary";
export type { TableRow, TableRows } from "./tableRows";
export type { TargetEncoding } from "./targetEncoding";
