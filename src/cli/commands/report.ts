import { readFile } from "node:fs/promises";
import type { RunRecord } from "deltawasm/report";
import { Mistake } from "../mistake";
import { fileToWrite, readModel } from "../models";
import { number, Output, type OutputOptions } from "../output";
import { stem } from "../tables";

/** Options of `deltawasm report`. */
export interface ReportCommand extends OutputOptions {
  out?: string;
  force?: boolean;
}

/** Writes the page that tells how a model was trained. */
export async function report(path: string, command: ReportCommand): Promise<number> {
  const output = new Output(command);
  const name = command.out ?? `${stem(path)}.html`;
  // A page of ours says so; others are left alone.
  const isOurs = async (file: string) => (await readFile(file, "utf8")).slice(0, 400).includes('name="generator" content="deltawasm"');
  const out = await fileToWrite("--out", name, { ...(command.force ? { force: true } : {}), isOurs });
  const { renderReport } = await import("deltawasm/report");
  const page = renderReport(await runOf(path));
  const { saveFile } = await import("deltawasm/node");
  await saveFile(out, Buffer.from(page));
  output.line(` Report written to ${output.colors.bold(name)} (${number(Math.round(page.length / 1000))} kB): open it in a browser`);
  output.json({ report: out, bytes: page.length });
  return 0;
}

/** The record of a model's training, or one that a program wrote as JSON. */
async function runOf(path: string): Promise<RunRecord> {
  if (path.endsWith(".json")) {
    try {
      return JSON.parse(await readFile(path, "utf8")) as RunRecord;
    } catch (error) {
      throw error instanceof SyntaxError ? new Mistake(`${path}: not JSON (${error.message})`) : error;
    }
  }
  const model = await readModel(path);
  model.dispose();
  if (!model.run) throw new Mistake(`${path}: holds no record of its training; models of "deltawasm train" do`);
  return model.run;
}
