/** A compiled core, inlined in hexadecimal digits by the bundler. */
declare module "*.wasm" {
  const digits: string;
  export default digits;
}

/** Text, inlined by the bundler. */
declare module "*.csv" {
  const text: string;
  export default text;
}
