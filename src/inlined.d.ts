/** A compiled core, inlined in hexadecimal digits by the bundler. */
declare module "*.wasm" {
  const digits: string;
  export default digits;
}

/** Where a compiled core lies, beside the package's other files. */
declare module "*.wasm?url" {
  const url: () => URL;
  export default url;
}

/** Text, inlined by the bundler. */
declare module "*.csv" {
  const text: string;
  export default text;
}

/** A script or style sheet with what it imports, as text; see tools/inline-page.mjs. */
declare module "*?bundle" {
  const text: string;
  export default text;
}

/** The SHA-256 of that text, in base64. */
declare module "*?hash" {
  const hash: string;
  export default hash;
}
