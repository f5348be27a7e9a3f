import { checkName, checkNumber, isRecord } from "../core/check";
import { DeltawasmError } from "../core/errors";
import { show } from "../core/show";
import type { RunRecord } from "./record";

type Fields = Record<string, unknown>;

function fail(name: string, expected: string, value: unknown): never {
  throw new DeltawasmError("type", `${name}: expected ${expected}, got ${show(value)}`);
}

function object(name: string, value: unknown): Fields {
  return isRecord(value) ? value : fail(name, "an object", value);
}

function text(name: string, value: unknown): void {
  if (typeof value !== "string") fail(name, "a text", value);
}

function list(name: string, value: unknown, check: (name: string, entry: unknown) => void): unknown[] {
  if (!Array.isArray(value)) fail(name, "an array", value);
  for (let n = 0; n < value.length; n++) check(`${name}[${n}]`, value[n]);
  return value;
}

/** A list of numbers, which may be long: names of its entries are made for the wrong one only. */
function numbers(name: string, value: unknown, isRight: (entry: unknown) => boolean, refuse: (name: string, entry: unknown) => void): unknown[] {
  if (!Array.isArray(value)) fail(name, "an array", value);
  for (let n = 0; n < value.length; n++) {
    if (!isRight(value[n])) refuse(`${name}[${n}]`, value[n]);
  }
  return value;
}

/** NaN and infinities are what a training that diverged has given: they are drawn as gaps. */
function number(name: string, value: unknown): void {
  if (typeof value !== "number") fail(name, "a number", value);
}

const finite = (name: string, value: unknown): void => void checkNumber(name, value);
const isCount = (value: unknown): boolean => Number.isFinite(value) && (value as number) >= 0;
const count = (name: string, value: unknown): void => void checkNumber(name, value, { min: 0 });

const grey = (name: string, value: unknown): void => void checkNumber(name, value, { min: 0, max: 255 });

/** Fields that may be missing. */
function optional(name: string, fields: Fields, checks: Record<string, (name: string, value: unknown) => void>): void {
  for (const [key, check] of Object.entries(checks)) {
    if (fields[key] !== undefined) check(`${name}.${key}`, fields[key]);
  }
}

/** Values of an object with names of the user's. */
const entries = (check: (name: string, value: unknown) => void) => (name: string, value: unknown): void => {
  for (const [key, entry] of Object.entries(object(name, value))) check(`${name}[${show(key)}]`, entry);
};

function sameLength(name: string, value: readonly unknown[], length: number): void {
  if (value.length !== length) throw new DeltawasmError("shape", `${name}: expected ${length} entries, got ${value.length}`);
}

function cell(name: string, value: unknown): void {
  if (value !== null && !["string", "number", "boolean"].includes(typeof value)) fail(name, "a text, a number, true, false or null", value);
}

function epoch(name: string, value: unknown): void {
  const fields = object(name, value);
  count(`${name}.epoch`, fields.epoch);
  number(`${name}.loss`, fields.loss);
  optional(name, fields, {
    learningRate: number,
    validation: (name, value) => {
      number(`${name}.loss`, object(name, value).loss);
      optional(name, value as Fields, { accuracy: number });
    },
  });
}

function histogram(name: string, value: unknown): void {
  const { from, to, counts } = object(name, value);
  number(`${name}.from`, from);
  number(`${name}.to`, to);
  numbers(`${name}.counts`, counts, isCount, count);
}

function layer(name: string, value: unknown): void {
  const fields = object(name, value);
  text(`${name}.layer`, fields.layer);
  text(`${name}.type`, fields.type);
  optional(name, fields, {
    gradientNorm: number, weightNorm: number, updateRatio: number,
    activations: (name, value) => {
      histogram(`${name}.histogram`, object(name, value).histogram);
      optional(name, value as Fields, { mean: number, deviation: number, saturated: number, dead: number });
    },
  });
}

function diagnosis(name: string, value: unknown): void {
  const { samples, warnings } = object(name, value);
  list(`${name}.samples`, samples, (name, value) => {
    const fields = object(name, value);
    count(`${name}.epoch`, fields.epoch);
    count(`${name}.step`, fields.step);
    list(`${name}.layers`, fields.layers, layer);
  });
  list(`${name}.warnings`, warnings, (name, value) => {
    const fields = object(name, value);
    for (const key of ["code", "message", "remedy"]) text(`${name}.${key}`, fields[key]);
    count(`${name}.epoch`, fields.epoch);
  });
}

function confusion(name: string, value: unknown): void {
  const { labels, counts } = object(name, value);
  const classes = list(`${name}.labels`, labels, text).length;
  const rows = list(`${name}.counts`, counts, (name, row) => sameLength(name, list(name, row, count), classes));
  sameLength(`${name}.counts`, rows, classes);
}

function misclassified(name: string, value: unknown): void {
  const fields = object(name, value);
  text(`${name}.truth`, fields.truth);
  text(`${name}.predicted`, fields.predicted);
  checkNumber(`${name}.confidence`, fields.confidence, { min: 0, max: 1 });
  optional(name, fields, {
    cells: entries(cell),
    image: (name, value) => {
      const { width, height, pixels } = object(name, value);
      const size = checkNumber(`${name}.width`, width, { min: 1, max: 4096 }) * checkNumber(`${name}.height`, height, { min: 1, max: 4096 });
      sameLength(`${name}.pixels`, numbers(`${name}.pixels`, pixels, (pixel) => isCount(pixel) && (pixel as number) <= 255, grey), size);
    },
  });
}

/** Throws unless a record is one that can be drawn. @throws DeltawasmError type, range, shape, unknown */
export function checkRecord(record: unknown): asserts record is RunRecord {
  const fields = object("record", record);
  text("record.title", fields.title);
  list("record.history", fields.history, epoch);
  optional("record", fields, {
    date: text,
    spec: (name, value) => void list(`${name}.layers`, object(name, value).layers, object),
    parameters: entries((name, shape) => void list(name, shape, count)),
    trainer: object,
    facts: entries(cell),
    stopped: (name, value) => void checkName(name, value, ["completed", "aborted", "earlyStopped"]),
    best: (name, value) => {
      count(`${name}.epoch`, object(name, value).epoch);
      number(`${name}.value`, (value as Fields).value);
    },
    diagnosis,
    metrics: entries(number),
    confusion,
    misclassified: (name, value) => void list(name, value, misclassified),
    predictions: (name, value) => {
      const { truth, predicted } = object(name, value);
      sameLength(`${name}.predicted`, numbers(`${name}.predicted`, predicted, Number.isFinite, finite), numbers(`${name}.truth`, truth, Number.isFinite, finite).length);
    },
  });
}
