/**
 * What goes on inside a training, and what is wrong with it.
 *
 * @module deltawasm/diagnosis
 */
export { Diagnosis, type DiagnosisOptions } from "./diagnosis";
export type { ActivationSample, DiagnosisRecord, DiagnosisSample, Histogram, LayerSample, Warning, WarningCode } from "./record";
