export type { Cell, Table } from "./table";
export * from "./preparation";
