/** Milliseconds after a frame from which on the next is awaited, and how long: a page that is covered draws none. */
const LATE = 20;
const PATIENCE = 50;

let last = 0;
let next: Promise<void> | undefined;

/** Lets a visible page draw where its last frame is a while ago: Firefox takes messages before frames, as long as there are any. */
export async function drawFrame(): Promise<void> {
  if (typeof document === "undefined" || document.visibilityState !== "visible") return;
  next ??= new Promise((resolve) => requestAnimationFrame(() => {
    last = performance.now();
    next = undefined;
    resolve();
  }));
  if (performance.now() - last < LATE) return;
  let timer: ReturnType<typeof setTimeout>;
  await Promise.race([next, new Promise<void>((resolve) => { timer = setTimeout(resolve, PATIENCE); })]).finally(() => clearTimeout(timer));
}
