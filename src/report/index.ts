export type { Misclassified, RunRecord } from "./record";
export { renderReport } from "./render";
