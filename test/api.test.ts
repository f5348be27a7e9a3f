import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import * as deltawasm from "../src/index";

const root = fileURLToPath(new URL("..", import.meta.url));
const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
/** The entry, and the sub-paths of the package. */
const entries = ["", "data/", "model/", "metrics/", "diagnosis/", "report/", "predict/", "node/"].map((folder) => `${root}src/${folder}index.ts`);
const program = ts.createProgram([...entries, `${root}src/inlined.d.ts`], {
  ...options, paths: { deltawasm: [`${root}src/index.ts`], "deltawasm/*": [`${root}src/*/index.ts`] },
});
const checker = program.getTypeChecker();

/** What is exported, followed to where it is declared. */
const exported = [...new Set(entries.flatMap((path) => {
  const entry = checker.getSymbolAtLocation(program.getSourceFile(path)!);
  return (entry ? checker.getExportsOfModule(entry) : [])
    .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol));
}))];

const tagsOf = (symbol: ts.Symbol) => symbol.getJsDocTags(checker);
const isPublic = (symbol: ts.Symbol) => !tagsOf(symbol).some(({ name }) => name === "internal")
  && !(symbol.declarations ?? []).some((node) => ts.getCombinedModifierFlags(node as ts.Declaration) & ts.ModifierFlags.Private)
  && !symbol.name.startsWith("__#") && symbol.name !== "prototype" && !symbol.name.startsWith("#");

/** Members of the exported classes and interfaces that belong to us, and their static ones. */
const members = exported.flatMap((symbol) => {
  const ours = [...(symbol.members?.values() ?? []), ...(symbol.flags & ts.SymbolFlags.Class ? symbol.exports?.values() ?? [] : [])];
  return ours.filter((member) => isPublic(member) && !ts.isTypeParameterDeclaration(member.declarations![0]!))
    .filter(({ declarations }) => !ts.isConstructorDeclaration(declarations![0]!) || symbol.name === "Trainer")
    .map((member) => ({ name: `${symbol.name}.${member.name}`, member }));
});

const textOf = (symbol: ts.Symbol) => ts.displayPartsToString(symbol.getDocumentationComment(checker));
const throwsOf = (symbol: ts.Symbol) => tagsOf(symbol).filter(({ name }) => name === "throws").map(({ text }) => ts.displayPartsToString(text)).join(" ");

const codes = exported.find(({ name }) => name === "ErrorCode")!.declarations!
  .flatMap((node) => (checker.getTypeAtLocation(node) as ts.UnionType).types.map((type) => (type as ts.StringLiteralType).value));

describe("the public face", () => {
  test("is these values, and nothing else", () => {
    expect(Object.keys(deltawasm).sort()).toEqual([
      "Branch", "DeltawasmError", "Network", "Trainer", "activation", "adagrad", "adam", "adamW", "add", "alphaDropout", "augmentImages",
      "avgPool2d",
      "batchNorm", "concat", "conv2d", "cosineDecay", "dense", "depthwiseConv2d", "dropout", "embedding", "exponentialDecay", "flatten",
      "gaussianNoise", "globalAvgPool2d", "gradientCheck", "graph", "init", "layerNorm", "maxPool2d", "maxout", "memoryNeeded",
      "momentum", "nesterov", "oneCycle", "prelu", "reduceOnPlateau", "reshape", "residual", "rmsprop", "sgd", "stepDecay", "warmUp",
    ]);
  });

  test.each(exported.map((symbol) => ({ name: symbol.name, symbol })))("$name says what it is", ({ symbol }) => {
    expect(textOf(symbol).length).toBeGreaterThan(10);
  });

  test.each(members.filter(({ name }) => !/\.(__constructor|__@)/.test(name)))("$name says what it is", ({ member }) => {
    expect(textOf(member).length + throwsOf(member).length).toBeGreaterThan(2);
  });

  const documented = [...exported.map((symbol) => ({ name: symbol.name, member: symbol })), ...members]
    .filter(({ member }) => throwsOf(member) !== "");
  test.each(documented)("$name names codes of errors that exist", ({ member }) => {
    const named = [...throwsOf(member).replace(/\bas `\w+`/g, "").matchAll(/`([A-Za-z]+)`/g)].map(([, code]) => code!)
      .filter((code) => !["fit", "step", "create", "save", "module", "url", "bytes"].includes(code));
    expect(codes).toEqual(expect.arrayContaining(named));
  });

  test.each(["Network.create", "Network.load", "Predictor.predict", "Network.save", "Network.parameters", "Network.setParameters", "Network.inspect"])("%s says what it throws", (name) => {
    expect(throwsOf(members.find((entry) => entry.name === name)!.member)).toMatch(/^DeltawasmError `|^DeltawasmError as/);
  });
  test.each(["step", "gradients", "fit", "epochs", "evaluate", "steps", "learningRate", "dispose"])("Trainer.%s says what it throws", (name) => {
    expect(throwsOf(members.find((entry) => entry.name === `Trainer.${name}`)!.member)).toMatch(/^DeltawasmError `|^DeltawasmError as/);
  });
});
