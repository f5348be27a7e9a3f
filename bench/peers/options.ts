import { parseArgs } from "node:util";

const help = `npm run bench:peers -- [options]

Measures deltawasm and its peers on the same networks and data, all in one run, each in a process of its own.

  --only REGEXP    some of the cases, such as 784-128-10-b128
  --peers REGEXP   some of the peers, such as "^(onnx|torch)"; deltawasm is always among them
  --json FILE      keeps the rows
  --chart FILE     draws them, as SVG
  --from FILE      takes the rows of an earlier run instead of measuring
  --quick          shorter runs, to see that it works
  --help           this`;

export interface Options {
  only: RegExp;
  peers: RegExp;
  json: string | undefined;
  chart: string | undefined;
  from: string | undefined;
  quick: boolean;
}

/** What was asked for on the command line; ends the process where that is help, or nothing that we know. */
export function readOptions(): Options {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: "string", default: "." }, peers: { type: "string", default: "." }, json: { type: "string" },
        chart: { type: "string" }, from: { type: "string" }, quick: { type: "boolean", default: false }, help: { type: "boolean" },
      },
    });
    if (values.help) {
      console.log(help);
      process.exit(0);
    }
    const { json, chart, from, quick } = values;
    return { only: new RegExp(values.only), peers: new RegExp(values.peers), json, chart, from, quick };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${help}`);
    process.exit(2);
  }
}
