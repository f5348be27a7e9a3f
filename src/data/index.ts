export type { Cell, Table } from "./table";
