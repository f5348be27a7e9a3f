/**
 * How fast a CSV file streams, and in how much memory: `npm run bench:csv -- [megabytes]`, 1,024 by default. Writes a table of that size into the
 * folder for temporary files first.
 */
import { createReadStream, createWriteStream, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { streamCsv } from "deltawasm/data";

const megabytes = Number(process.argv[2] ?? 1024);
const folder = mkdtempSync(join(tmpdir(), "deltawasm-csv-"));
const path = join(folder, "table.csv");

/** Lines of about 60 characters: numbers, a quoted cell, a category, a missing value now and then. */
function* lines(): Generator<string> {
  yield "a,b,c,name,d,colour\n";
  for (let n = 0, written = 0; written < megabytes * 2 ** 20;) {
    let block = "";
    for (let end = n + 1000; n < end; n++) {
      const u = (Math.imul(n, 2654435761) >>> 0) / 2 ** 32;
      block += `${(u * 100).toFixed(5)},${n % 99_991},${(u - 0.5).toFixed(6)},"row ${n}, ""quoted""",${n % 50 === 0 ? "" : u.toFixed(4)},${["red", "green", "blue"][n % 3]}\n`;
    }
    written += block.length;
    yield block;
  }
}

try {
  await pipeline(lines(), createWriteStream(path));
  const { size } = statSync(path);
  const started = performance.now();
  let [rows, largest] = [0, 0];
  for await (const table of streamCsv(createReadStream(path))) {
    rows += table.rows.length;
    largest = Math.max(largest, process.memoryUsage.rss());
  }
  const seconds = (performance.now() - started) / 1000;
  console.log(`${(size / 2 ** 20).toFixed(0)} MiB, ${rows} rows in ${seconds.toFixed(1)} s: ${(size / 1e6 / seconds).toFixed(0)} MB a second, ${(largest / 2 ** 20).toFixed(0)} MiB of memory at the most`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
