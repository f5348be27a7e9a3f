import type { Row } from "../measure";
import type { Files } from "./files";
import type { Material, Task } from "./task";

/** What its inner loops are written in or compiled to. */
export type Kind = "deltawasm" | "WebAssembly" | "JavaScript" | "native";

/** A row of the results that knows what kind of peer it is of. */
export interface PeerRow extends Row {
  kind: Kind;
}

/** A way in which a peer can run. */
export interface Variant {
  threads: number;
  build: Row["build"];
}

interface Common {
  /** Short, for `--peers` and messages. */
  id: string;
  kind: Kind;
  /** Default: one thread. */
  variants?: readonly Variant[];
  /** What it computes otherwise than the others, or how it was helped. */
  note?: string;
  /** Whether it can do a task at all; convolutions are asked for apart. */
  can(task: Task): boolean;
  /** Whether it can train convolutions. Default false. */
  convolves?: boolean;
  /** What to do where it is not installed. */
  get: string;
}

/** A peer ready for a task. */
export interface Session {
  /** Rows that one turn takes. */
  samples: number;
  /** Takes turns, each where the last one ended; may give the seconds that count, where not all of the call does. */
  run(turns: number): void | number | Promise<void | number>;
  /** Mean loss over the first rows of the data, for training. */
  loss(): number | Promise<number>;
}

/** A peer of Node's own world, loaded in a process of its own by host.ts. */
export interface JsPeer extends Common {
  /** Name and version, as reported. `require` gives the version of an installed package. */
  engine(version: (name: string) => string): string;
  start(material: Material, variant: Variant): Promise<Session>;
}

/** A program that speaks the protocol of talk.ts. */
export interface NativePeer extends Common {
  /** How to start it. @throws Missing where it is not there */
  command(task: Material, files: Files, variant: Variant): { file: string; args: string[]; env?: NodeJS.ProcessEnv };
}

export type Peer = JsPeer | NativePeer;

export const isNative = (peer: Peer): peer is NativePeer => "command" in peer;
export const oneThread: Variant = { threads: 1, build: "none" };

/** Thrown where a peer is not installed. */
export class Missing extends Error {}
/** Thrown where a variant can't be had here. */
export class Lacking extends Error {}
