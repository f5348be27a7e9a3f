/** One line that is written over: what happens, and about how long the rest takes; without arguments it is wiped. */
export function progress(what?: string, share = 0, since = 0): void {
  if (!process.stderr.isTTY) return;
  const spent = (performance.now() - since) / 1000;
  const left = share > 0.01 ? `, about ${Math.ceil((spent / share) * (1 - share))} s left` : "";
  process.stderr.write(what === undefined ? "\r\x1b[K" : `\r\x1b[K${what}${left}`.slice(0, process.stderr.columns || 80));
}
