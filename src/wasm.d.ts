/** A compiled core, inlined in hexadecimal digits by the bundler. */
declare module "*.wasm" {
  const digits: string;
  export default digits;
}
