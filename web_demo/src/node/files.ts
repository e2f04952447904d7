/** Reads a graph model from disk: TF.js itself only knows how to fetch it. */

import { readFile } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

import { parseModel, shardPaths } from "../runtimes/graph";
import { type Assets, messageOf, RuntimeError } from "../runtimes/runtime";
import { BINARIES } from "../runtimes/tfjs";

export interface ModelFiles {
  readonly json: unknown;
  readonly shards: ArrayBuffer[];
}

/** The binaries of TF.js, which lie beside the built code. */
export function wasmPaths(): Assets {
  const folder = dirname(fileURLToPath(import.meta.url));
  return Object.fromEntries(BINARIES.map((name) => [name, join(folder, name)]));
}

/** Reads model.json and the weight files it names, which must lie in its folder. */
export function readModel(path: string): Promise<ModelFiles> {
  return readFiles(path, (json) => shardPaths(parseModel(json)));
}

/** The same of any model, whose weight files `names` finds in its JSON. */
export async function readFiles(path: string, names: (json: unknown) => string[]): Promise<ModelFiles> {
  const json = parse(await read(path));
  const folder = dirname(resolve(path));
  const paths = names(json).map((name) => inside(folder, name));
  const shards = await Promise.all(paths.map(read));
  return { json, shards: shards.map(exactBuffer) };
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (thrown) {
    const missing = (thrown as NodeJS.ErrnoException).code === "ENOENT";
    const message = missing ? `file not found: ${path}` : `cannot read ${path}: ${messageOf(thrown)}`;
    throw new RuntimeError(missing ? "missing" : "runtime", message, { cause: thrown });
  }
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch (thrown) {
    throw new RuntimeError("corrupt", `model.json is not JSON: ${messageOf(thrown)}`, { cause: thrown });
  }
}

function inside(folder: string, name: string): string {
  const path = resolve(folder, name);
  const way = relative(folder, path);
  if (way === "" || way.split(sep)[0] === ".." || resolve(way) === way) {
    throw new RuntimeError("unsafe", `model.json names a weight file outside its folder: ${name}`);
  }
  return path;
}

/** A small file's Buffer is a view into a pool that other files share. */
function exactBuffer(bytes: Buffer): ArrayBuffer {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
}
