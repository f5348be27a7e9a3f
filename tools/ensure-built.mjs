/** Builds the package where it is not built yet: for programs that need it built once. */
import { execSync } from "node:child_process";
import { existsSync } from "node:fs";

if (!existsSync(new URL("../dist/index.js", import.meta.url))) execSync("npm run build", { stdio: "inherit" });
