/** Built files: what belongs together, and writing so that nobody ever reads half of one. */

import { createHash } from "node:crypto";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { constants, brotliCompress } from "node:zlib";
import { promisify } from "node:util";

const brotli = promisify(brotliCompress);

export const sha256 = (contents) => createHash("sha256").update(contents).digest("hex");

/** Eight signs of a file's hash, for its name: such files may be cached for ever. */
export const tag = (contents) => sha256(contents).slice(0, 8).toUpperCase();

export async function place(path, contents) {
  const temporary = join(dirname(path), `.${basename(path)}.tmp`);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(temporary, contents);
  await rename(temporary, path);
}

/** The contents packed as tightly as brotli can. */
export function packed(contents) {
  return brotli(contents, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: contents.length,
    },
  });
}

/** An output and those that it imports: at once, or also when they are asked for. */
export function reach(outputs, path, lazy, found = new Set()) {
  if (found.has(path)) return [...found];
  found.add(path);
  for (const { path: next, kind } of outputs[path].imports) {
    if (next in outputs && (lazy || kind === "import-statement")) reach(outputs, next, lazy, found);
  }
  return [...found];
}
