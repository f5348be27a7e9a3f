import type { Plugin } from "esbuild";

export const noticed: Plugin;
