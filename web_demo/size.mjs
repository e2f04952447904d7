/**
 * Prints what a page transfers for each runtime on its first backend: its code, and the binaries that this loads.
 *
 * The last lines are TF.js as esbuild alone prunes it, for comparison with build/trim.mjs.
 */

import { basename } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";

import { HERE } from "./build.mjs";
import { buildRuntimes, firstFiles } from "./build/runtimes.mjs";

// Beyond this, brotli takes many seconds, and the file is not part of a first visit.
const BROTLI_BELOW = 1 << 20;

for (const [trimmed, note] of [
  [true, ""],
  [false, ", not trimmed"],
]) {
  const files = new Map();
  for (const [name, runtime] of Object.entries(await buildRuntimes(HERE, files, { trimmed }))) {
    if (!trimmed && name !== "tfjs") continue;
    print(
      `${name}${note}`,
      firstFiles(name, runtime).map((path) => [basename(path), files.get(path)]),
    );
  }
}

function print(title, rows) {
  const sizes = rows.map(([name, bytes]) => [name, bytes.length, gzip(bytes), brotli(bytes)]);
  const sum = (column) => sizes.reduce((total, row) => total + row[column], 0);
  console.log(`\n${title}${"".padEnd(44 - title.length)}bytes      gzip    brotli`);
  for (const row of [...sizes, ["in all", sum(1), sum(2), sum(3)]]) {
    const [name, ...numbers] = row;
    console.log(name.padEnd(39) + numbers.map((number) => String(number || "-").padStart(10)).join(""));
  }
}

function gzip(bytes) {
  return gzipSync(bytes, { level: 9 }).length;
}

/** NaN where it was not tried. */
function brotli(bytes) {
  return bytes.length < BROTLI_BELOW ? brotliCompressSync(bytes).length : NaN;
}
