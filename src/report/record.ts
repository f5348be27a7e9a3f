import type { EpochReport, NetworkSpec, TrainerOptions } from "deltawasm";
import type { DiagnosisRecord } from "deltawasm/diagnosis";

/** A row that the model got wrong. */
export interface Misclassified {
  /** The right class, by name. */
  truth: string;
  /** The class that the model gave. */
  predicted: string;
  /** The probability that the model gave its answer, from 0 to 1. */
  confidence: number;
  /** The row as an image: grey values from 0 (black) to 255, row by row. */
  image?: { width: number; height: number; pixels: number[] };
  /** The row as named cells. */
  cells?: Record<string, string | number | boolean | null>;
}

/** All that a report tells of a training: plain data, of which each part may be missing but for the history. */
export interface RunRecord {
  /** What was trained, such as the name of the file that it learned from. */
  title: string;
  /** When, as an ISO date with time. */
  date?: string;
  /** What was trained. */
  spec?: NetworkSpec;
  /** Shapes of its parameters by name, as `network.parameters()` has them: "0.weight": [32, 64]. */
  parameters?: Record<string, readonly number[]>;
  /** How. */
  trainer?: TrainerOptions;
  /** Facts to be shown in a list, such as the numbers of rows, the time that it took, the engine. */
  facts?: Record<string, string | number>;
  /** One for each epoch. */
  history: EpochReport[];
  /** How it ended, as `fit` gives it. */
  stopped?: "completed" | "aborted" | "earlyStopped";
  /** The best epoch, as `fit` gives it. */
  best?: { epoch: number; value: number };
  /** What was seen inside. */
  diagnosis?: DiagnosisRecord;
  /** Metrics on rows that were kept out of training, by name. */
  metrics?: Record<string, number>;
  /** Of a classifier: names of classes, and how often class [row] was taken for class [column]. */
  confusion?: { labels: string[]; counts: number[][] };
  /** Rows that the model got wrong, those first that should be seen first. */
  misclassified?: Misclassified[];
  /** Of a regression: right values and the model's, row by row. */
  predictions?: { truth: number[]; predicted: number[] };
}
