/** A number with three digits. */
export function figure(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** A share as percent. */
export function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** Some things one after the other, of many the first. */
export function listed(parts: readonly string[]): string {
  if (parts.length > 4) return `${parts.slice(0, 3).join(", ")} and ${parts.length - 3} more layers`;
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}
