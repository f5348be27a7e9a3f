/**
 * A training as one HTML page.
 *
 * @module deltawasm/report
 */
export type { Misclassified, RunRecord } from "./record";
export { renderReport } from "./render";
