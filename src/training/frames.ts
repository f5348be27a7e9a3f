/** Milliseconds after a frame from which on the next is awaited, and how long. */
const LATE = 20;
const PATIENCE = 50;
/** Milliseconds until a frame is awaited again, where none came: a page may be visible and draw nothing, as a frame that is out of sight. */
const RETRY = 1000;

let due = 0;
let next: Promise<void> | undefined;

/** Lets a visible page draw where its last frame is a while ago: Firefox takes messages before frames, as long as there are any. */
export async function drawFrame(): Promise<void> {
  if (typeof document === "undefined" || document.visibilityState !== "visible") return;
  next ??= new Promise((resolve) => requestAnimationFrame(() => {
    due = performance.now() + LATE;
    next = undefined;
    resolve();
  }));
  if (performance.now() < due) return;
  let timer: ReturnType<typeof setTimeout>;
  const giveUp = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      due = performance.now() + RETRY;
      resolve();
    }, PATIENCE);
  });
  await Promise.race([next, giveUp]);
  clearTimeout(timer!);
}
