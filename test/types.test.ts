import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

test("right uses compile, and wrong uses are errors at compile time", () => {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const file = `${root}test/support/typeStatements.ts`;
  const program = ts.createProgram([file, `${root}src/inlined.d.ts`], options);
  const diagnostics = ts.getPreEmitDiagnostics(program, program.getSourceFile(file)).map(({ start, messageText }) => {
    const { line } = program.getSourceFile(file)!.getLineAndCharacterOfPosition(start ?? 0);
    return `line ${line + 1}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
  });
  expect(diagnostics).toEqual([]);
});
