/**
 * Sub-paths of the package, such as `deltawasm/data`, hold no second copy of the library: what they take from other entries is imported
 * from the file beside, and their errors are those of the entry.
 */
export const besideOthers = {
  name: "beside-others",
  setup(build) {
    const extension = build.initialOptions.format === "cjs" ? "cjs" : "js";
    build.onResolve({ filter: /^deltawasm(\/\w+)?$/ }, ({ path }) => ({ path: `./${path.split("/")[1] ?? "index"}.${extension}`, external: true }));
    // All that src/core/errors.ts exports, the entry exports too.
    build.onResolve({ filter: /^\.\.?\/(.*\/)?errors$/ }, ({ path, resolveDir }) => (
      /core[\\/]errors$/.test(path) || (path === "./errors" && /src[\\/]core$/.test(resolveDir)) ? { path: `./index.${extension}`, external: true } : undefined
    ));
  },
};
