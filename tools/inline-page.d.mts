import type { Plugin } from "esbuild";
import type { Plugin as VitePlugin } from "vite";

export declare const inlinePage: Plugin;
export declare const inlinePageInVite: VitePlugin;
