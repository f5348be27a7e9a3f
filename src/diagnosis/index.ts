export type { DiagnosisRecord, DiagnosisSample, Histogram, LayerSample, Warning, WarningCode } from "./record";
