/** A compiled core, inlined as bytes by the bundler. */
declare module "*.wasm" {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
