/** What a stream of the web gives; not by `for await`, which Safari doesn't know for streams. */
export async function* readAll<T>(stream: ReadableStream<T>): AsyncGenerator<T, void, undefined> {
  const reader = stream.getReader();
  let isDone = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      isDone = done;
      if (done) return;
      yield value;
    }
  } finally {
    // Where the user leaves early, the file or download behind is let go.
    if (!isDone) await reader.cancel();
  }
}
