export type { Misclassified, RunRecord } from "./record";
