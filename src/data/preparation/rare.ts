/** Rows in which something must have come to get an input of its own: what one row taught would be taken for a rule. */
export function leastRows(present: number): number {
  return present >= 200 ? 5 : present >= 50 ? 2 : 1;
}
