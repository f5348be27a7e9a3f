import { isRecord } from "../core/check";
import { DeltawasmError } from "../core/errors";
import { show } from "../core/show";
import { readAll } from "../data/readAll";
import type { Graph } from "../network/graph";
import type { Network } from "../network/network";
import { checkPart, type Data, DataBlock, type DataUse, type Part } from "./dataBlock";

/**
 * Data that come in batches of any number of rows, which together may be more than memory holds: an iterable, a stream of the web, or a function that
 * begins a new one. What begins anew each time serves for any number of epochs; what is under way, such as a generator or a stream, for one.
 */
export type DataStream = Batches | (() => Batches);

/** Batches, one after the other. */
export type Batches = Iterable<Data> | AsyncIterable<Data> | ReadableStream<Data>;

/** Data to learn from or to be judged by: all at hand, or a stream. */
export type DataSource = Data | DataStream;

/** Where the rows of an epoch come from, block after block. */
export interface Feed {
  /** What messages name it. */
  readonly name: string;
  /** Rows that are at hand at once, at the most. */
  readonly capacity: number;
  readonly isStreamed: boolean;
  /** Whether it can be gone through only once. */
  readonly isOnce: boolean;
  /** Rows of an epoch; Infinity as long as nobody knows. */
  readonly rows: number;
  /** Whether the epoch that was asked for last has no rows beyond those that it gave. */
  readonly isAtEnd: boolean;
  /** Rows that are in memory now. */
  readonly block: DataBlock | undefined;
  /**
   * The blocks of an epoch from that which has row `from`, and how many rows are before each; each holds until the next. After an
   * abort it ends.
   */
  blocks(from: number, signal?: AbortSignal): AsyncIterable<{ block: DataBlock; first: number }>;
  free(): void;
}

/** Bytes of a stream's rows that are in memory at once: of those to learn from, which are mixed, and of those that are only looked at. */
const BUFFER = { training: 2 ** 25, evaluation: 2 ** 21 };

/** Rows of a stream that are in memory at once: whole batches, or updates of several, as many as the buffer holds, at least one. */
export function bufferRowsOf(graph: Graph, rowsOfUpdate: number, what: keyof typeof BUFFER): number {
  const bytes = DataBlock.bytes(graph, { rows: 1, areLabels: false, areWeighted: true });
  return Math.max(1, Math.floor(BUFFER[what] / (bytes * rowsOfUpdate))) * rowsOfUpdate;
}

/** What a feed is for. */
export interface FeedUse {
  network: Network;
  use: DataUse;
  /** Rows of a block of a stream. */
  bufferRows: number;
  signal?: AbortSignal | undefined;
}

/** Whether data are all at hand. @throws DeltawasmError type */
export function isAtHand(name: string, source: unknown): source is Data {
  if (isRecord(source) && ("x" in source || "y" in source)) return true;
  const isStream = typeof source === "function" || (typeof source === "object" && source !== null && isIterable(source));
  if (!isStream) throw new DeltawasmError("type", `${name}: expected { x, y }, an iterable of such batches, or a function that gives one, got ${show(source)}`);
  return false;
}

function isIterable(value: object): value is Batches {
  return Symbol.asyncIterator in value || Symbol.iterator in value || isOfWeb(value);
}

function isOfWeb(value: object): value is ReadableStream<Data> {
  return "getReader" in value;
}

/**
 * Checks and copies data that are at hand; of a stream nothing is read yet.
 *
 * @throws DeltawasmError type, shape, empty, label, nonFinite, range, memory, disposed
 */
export async function openFeed(name: string, source: DataSource, given: FeedUse): Promise<Feed> {
  if (!isAtHand(name, source)) return new StreamFeed(name, source, given);
  const { network, use, signal } = given;
  const part = checkPart(name, source, network, use);
  const block = new DataBlock(network, part.targets);
  try {
    await block.copy(part, 0, block.rows, 0, signal);
    if (!signal?.aborted && !block.counts) throw countsNothing(`${name}.weights`);
  } catch (error) {
    block.free();
    throw error;
  }
  return new BlockFeed(name, block);
}

/** The error for data of which no row counts. */
export function countsNothing(name: string): DeltawasmError {
  return new DeltawasmError("range", `${name}: expected at least one row that counts, got weights of 0 throughout, those of the classes included`);
}

/** All rows at once. */
class BlockFeed implements Feed {
  readonly isStreamed = false;
  readonly isOnce = false;
  readonly isAtEnd = true;

  constructor(readonly name: string, readonly block: DataBlock) {}

  get rows(): number {
    return this.block.rows;
  }

  get capacity(): number {
    return this.block.rows;
  }

  async *blocks(): AsyncGenerator<{ block: DataBlock; first: number }> {
    yield { block: this.block, first: 0 };
  }

  free(): void {
    this.block.free();
  }
}

/** Rows of a stream, as many at once as a buffer holds. */
class StreamFeed implements Feed {
  readonly name: string;
  readonly isStreamed = true;
  readonly capacity: number;
  readonly isOnce: boolean;
  rows = Infinity;
  isAtEnd = false;
  block: DataBlock | undefined;
  readonly #source: DataStream;
  readonly #network: Network;
  readonly #use: DataUse;

  constructor(name: string, source: DataStream, { network, use, bufferRows }: FeedUse) {
    this.name = name;
    this.#source = source;
    this.#network = network;
    this.#use = use;
    this.capacity = bufferRows;
    // Iterators, and the streams of the web.
    this.isOnce = typeof source !== "function" && ("next" in source || isOfWeb(source));
  }

  async *blocks(from: number, signal?: AbortSignal): AsyncGenerator<{ block: DataBlock; first: number }> {
    const { capacity } = this;
    this.isAtEnd = false;
    /** Rows before the block that is being filled, and those that came. */
    let first = from - (from % capacity), passed = 0;
    for await (const part of this.#parts(signal)) {
      this.block ??= new DataBlock(this.#network, { ...part.targets, rows: capacity });
      const { block } = this;
      const start = passed;
      passed += part.targets.rows;
      while (first < passed) {
        const at = Math.max(first, start);
        const end = Math.min(first + capacity, passed);
        await block.copy(part, at - start, end - start, at - first, signal);
        if (signal?.aborted) return;
        if (end < first + capacity) break;
        block.rows = capacity;
        yield { block, first };
        first = end;
      }
    }
    if (signal?.aborted) return;
    this.#checkLength(passed, from);
    this.rows = passed;
    this.isAtEnd = true;
    if (first === passed) return;
    const block = this.block!;
    block.rows = passed - first;
    yield { block, first };
  }

  free(): void {
    this.block?.free();
  }

  /** Batches that have rows, checked. They end at an abort, and the source is closed whenever they end. */
  async *#parts(signal: AbortSignal | undefined): AsyncGenerator<Part> {
    const iterator = this.#begin();
    let isOpen = true;
    try {
      for (let n = 0; !signal?.aborted; n++) {
        isOpen = false;
        const result = await nextOrAbort(iterator, signal);
        if (!result) {
          // Of one that has not answered nothing can be awaited, and what goes wrong in it now concerns nobody.
          (async () => iterator.return?.())().catch(() => {});
          return;
        }
        if (result.done) return;
        isOpen = true;
        this.#network.assertUsable();
        if (!isEmpty(result.value)) yield this.#alike(checkPart(`${this.name}[${n}]`, result.value, this.#network, this.#use));
      }
    } finally {
      if (isOpen) await iterator.return?.();
    }
  }

  /** @throws DeltawasmError type; what the function throws, as it is */
  #begin(): Iterator<unknown> | AsyncIterator<unknown> {
    const source = this.#source;
    const iterable: unknown = typeof source === "function" ? source() : source;
    if (typeof iterable !== "object" || iterable === null || !isIterable(iterable)) {
      throw new DeltawasmError("type", `${this.name}: expected a function that gives an iterable of batches, got one that gives ${show(iterable)}`);
    }
    if (isOfWeb(iterable)) return readAll(iterable);
    return Symbol.asyncIterator in iterable ? iterable[Symbol.asyncIterator]() : iterable[Symbol.iterator]();
  }

  /** @throws DeltawasmError empty, shape */
  #checkLength(rows: number, from: number): void {
    const again = this.rows === Infinity ? "" : " when it was gone through again: give a function that begins a new one";
    if (rows === 0) throw new DeltawasmError("empty", `${this.name}: expected batches with rows, got none${again}`);
    if (rows < from) throw new DeltawasmError("shape", `${this.name}: expected at least the ${from} rows that were trained on before, got ${rows}: go on with the same data, or leave options.resume out`);
  }

  /** @throws DeltawasmError shape for a batch of another form than the first */
  #alike(part: Part): Part {
    const { block } = this;
    const { areLabels, areWeighted } = part.targets;
    if (!block || (block.areLabels === areLabels && block.areWeighted === areWeighted)) return part;
    const form = (of: { areLabels: boolean; areWeighted: boolean }) => `${of.areLabels ? "class indices" : "rows of targets"} ${of.areWeighted ? "with" : "without"} weights`;
    throw new DeltawasmError("shape", `${part.prefix}y: expected ${form(block)}, as in the first batch, got ${form(part.targets)}`);
  }
}

/** A batch that a filter has left nothing of. */
function isEmpty(batch: unknown): boolean {
  if (!isRecord(batch)) return false;
  const { x, y } = batch as unknown as Data;
  return (x as ArrayLike<unknown> | undefined)?.length === 0 && (y as ArrayLike<unknown> | undefined)?.length === 0;
}

/** What comes next, or undefined as soon as the signal aborts. */
function nextOrAbort<T>(iterator: Iterator<T> | AsyncIterator<T>, signal: AbortSignal | undefined): Promise<IteratorResult<T> | undefined> {
  const next = Promise.resolve(iterator.next());
  if (!signal) return next;
  return new Promise((resolve, reject) => {
    const onAbort = () => resolve(undefined);
    signal.addEventListener("abort", onAbort, { once: true });
    next.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
