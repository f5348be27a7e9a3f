/** Text as it stands in a page: no markup of a user's ever becomes the page's. */
export function escape(value: string | number | boolean | null): string {
  return String(value ?? "").replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A number as people read it: six digits at most. */
export function shown(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return value.toLocaleString("en");
  const short = Number(value.toPrecision(5));
  return Math.abs(short) >= 1e-4 && Math.abs(short) < 1e9 ? String(short) : short.toExponential();
}

/** A cell's value as text. */
export const cellText = (value: string | number | boolean | null): string => escape(typeof value === "number" ? shown(value) : value);

/** Data in a script element, which neither its end nor a comment in it can leave. */
export function embed(data: unknown): string {
  return JSON.stringify(data).replace(/[<>&\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** A table of a region that scrolls sideways, from rows of escaped cells; the first cell of a row names it. */
export function table(caption: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  return `<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table><caption>${caption}</caption>
<thead><tr>${head.map((cell) => `<th scope="col">${cell}</th>`).join("")}</tr></thead>
<tbody>${rows.map(([first, ...rest]) => `<tr><th scope="row">${first}</th>${rest.map((cell) => `<td>${cell}</td>`).join("")}</tr>`).join("\n")}</tbody></table></div>`;
}
