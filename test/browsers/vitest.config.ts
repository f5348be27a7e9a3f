import { defineConfig } from "vitest/config";

const dist = new URL("../../dist/", import.meta.url).pathname;

/** The built package in the pages of several browsers: `npm run test:browsers`. */
export default defineConfig({
  resolve: {
    // This folder is a package of its own, in which the built one has no name.
    alias: [{ find: /^deltawasm$/, replacement: `${dist}index.js` }, { find: /^deltawasm\/(\w+)$/, replacement: `${dist}$1.js` }],
  },
  test: {
    include: ["test/browsers/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // They measure how busy a page is.
    fileParallelism: false,
  },
});
