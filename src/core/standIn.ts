import type { Engine } from "./engine";

/** Whether the console was told that the reference engine stands in. */
let hasWarned = false;

/** The reference engine where WebAssembly refused the core. The console is told once. */
export function standIn(error: unknown): Promise<Engine> {
  const note = `the reference engine runs, many times slower, because WebAssembly refused the core: ${reasonOf(error)}`;
  if (!hasWarned) console.warn(`deltawasm: ${note}`);
  hasWarned = true;
  return referenceEngine(note);
}

/** Loaded when it is wanted: few ever do. */
export async function referenceEngine(note: string | undefined): Promise<Engine> {
  const { createReferenceEngine } = await import("../reference/engine");
  return createReferenceEngine("float32", note);
}

/** What an error says. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
