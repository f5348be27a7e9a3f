/** What went wrong, for programs. The message says the same to people. */
export type ErrorCode =
  /** An argument is of the wrong type (text for a number, a sparse array …). */
  | "type"
  /** A number is outside the range that the argument allows, or targets are no probabilities. */
  | "range"
  /** Lengths, rows or columns don't fit the network or one another. */
  | "shape"
  /** Data holds NaN or ±Infinity. */
  | "nonFinite"
  /** A class label is not an integer between 0 and the number of classes − 1. */
  | "label"
  /** There are no rows to work on. */
  | "empty"
  /** A name (layer, activation, loss, optimizer …) or an option is not known. */
  | "unknown"
  /** Options that exclude one another, or a loss that the network's last activation doesn't fit. */
  | "conflict"
  /** The network or trainer was disposed. */
  | "disposed"
  /** Something that must not be disturbed is still running: a `fit` on the same network, or a call that reads its arguments. */
  | "busy"
  /** More memory than the engine can give. */
  | "memory"
  /** The loss, a gradient or a weight became NaN or infinite. */
  | "diverged"
  /** A thread died while it worked on a training. */
  | "worker"
  /** The engine asked for can't run here. */
  | "engine"
  /** A file is damaged, or not what it should be. */
  | "file";

/** Every error that deltawasm throws on purpose. `code` is stable; `message` names the argument, what was expected and what came. */
export class DeltawasmError extends Error {
  /** "DeltawasmError" */
  override readonly name = "DeltawasmError";
  /** What went wrong, for programs. */
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
