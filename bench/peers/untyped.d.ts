// Peers that bring no types; what we use of them is described where it is used.
declare module "synaptic" {
  const library: any;
  export default library;
}
declare module "neataptic" {
  const library: any;
  export default library;
}
declare module "convnetjs" {
  const library: any;
  export default library;
}
