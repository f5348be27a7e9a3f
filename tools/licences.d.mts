import type { Plugin } from "esbuild";

export declare const licences: Plugin;
