import type { Plugin } from "esbuild";

export declare const besideOthers: Plugin;
