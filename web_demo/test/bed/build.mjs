/**
 * Builds a bare page for the browser tests of the runtimes: their files as a page has them, and a worker, nothing else.
 *
 *     node test/bed/build.mjs FOLDER
 */

import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { place } from "../../build/files.mjs";
import { buildRuntimes } from "../../build/runtimes.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const [folder] = process.argv.slice(2);

const files = new Map();
const table = await buildRuntimes(join(HERE, "..", ".."), files);
await mkdir(folder, { recursive: true });
for (const [path, contents] of files) await place(join(folder, path), contents);
const named = Object.fromEntries(Object.entries(table).map(([runtime, { files }]) => [runtime, files]));
await writeFile(join(folder, "runtimes.json"), JSON.stringify(named));
for (const name of ["index.html", "page.js", "worker.js"])
  await copyFile(join(HERE, name), join(folder, name));
