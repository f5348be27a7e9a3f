/** A compiled core, inlined in base64 by the bundler. */
declare module "*.wasm" {
  const base64: string;
  export default base64;
}
