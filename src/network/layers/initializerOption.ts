import { checkName, checkNumber, checkOptions } from "../../core/check";
import { DeltawasmError } from "../../core/errors";
import { type InitializerName, initializers } from "../initialisers";

const optionsOf: { [Name in InitializerName]?: readonly string[] } = {
  orthogonal: ["gain"],
  uniform: ["low", "high"],
  normal: ["mean", "deviation"],
  constant: ["value"],
};

/** Checks an initialiser option. @throws DeltawasmError unknown, type, range */
export function checkInitializer(where: string, option: unknown): void {
  const isName = typeof option !== "object" || option === null;
  const names = Object.keys(initializers) as InitializerName[];
  const name = checkName(isName ? where : `${where}.type`, isName ? option : (option as { type?: unknown }).type, names);
  if (isName) return;
  const keys = optionsOf[name] ?? [];
  const options = checkOptions(where, option, ["type", ...keys]);
  for (const key of keys) {
    if (options[key] === undefined) continue;
    // Weights are 32-bit floats; larger ones than this can't be trained in any case.
    checkNumber(`${where}.${key}`, options[key], key === "deviation" ? { min: 0, max: 1e18 } : { min: -1e18, max: 1e18 });
  }
  const { low = -0.05, high = 0.05 } = options as { low?: number; high?: number };
  if (name === "uniform" && low > high) {
    throw new DeltawasmError("range", `${where}: expected low ≤ high, got low ${low} and high ${high}`);
  }
}
