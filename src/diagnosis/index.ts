export { Diagnosis, type DiagnosisOptions } from "./diagnosis";
export type { ActivationSample, DiagnosisRecord, DiagnosisSample, Histogram, LayerSample, Warning, WarningCode } from "./record";
