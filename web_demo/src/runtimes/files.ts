/** The files of an artifact and of a runtime in a page, and why it cannot start without them. */

import { told } from "../messages/text";
import { parseModel, shardPaths } from "./graph";
import { type Assets, messageOf, type ModelFiles, RuntimeError } from "./runtime";
import { streamAnyType } from "./streaming";

/** A file of an artifact. */
export function fileOf(files: ModelFiles, path: string): ArrayBuffer {
  const file = files.get(path);
  if (file === undefined) throw new RuntimeError("missing", `the model's file ${path} is missing`);
  return file;
}

/** A graph model's JSON and the weight files that it names, which lie beside it. */
export function graphOf(files: ModelFiles, entry: string): { json: unknown; shards: ArrayBuffer[] } {
  const json = parse(fileOf(files, entry), entry);
  const folder = entry.slice(0, entry.lastIndexOf("/") + 1);
  return { json, shards: shardPaths(parseModel(json)).map((name) => fileOf(files, folder + name)) };
}

function parse(bytes: ArrayBuffer, name: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (thrown) {
    throw new RuntimeError("corrupt", `${name} is not JSON: ${messageOf(thrown)}`, { cause: thrown });
  }
}

export function needWasm(runtime: string): void {
  if (typeof WebAssembly !== "object") {
    throw new RuntimeError("runtime", `this browser has no WebAssembly, which ${runtime} needs`);
  }
  streamAnyType();
}

/** The URL of a runtime's own file. */
export function assetOf(assets: Assets, name: string): string {
  const url = assets[name];
  if (url === undefined) throw new RuntimeError("missing", `nobody said where the runtime's file ${name} is`);
  return url;
}

/** Asks for the files that a runtime has just failed with: that one is absent says more than its own message. */
export async function whyNot(
  thrown: unknown,
  runtime: string,
  urls: readonly string[],
): Promise<RuntimeError> {
  for (const url of urls) {
    const response = await fetch(url, { method: "HEAD" }).catch(() => null);
    if (response?.ok) continue;
    const answer = response === null ? "no answer" : `HTTP ${response.status}`;
    const message = `${runtime} cannot start: its file ${url} is missing (${answer})`;
    return new RuntimeError("missing", message, { cause: thrown });
  }
  if (thrown instanceof RuntimeError) return thrown;
  return new RuntimeError("runtime", told("engine.start", { choice: runtime, reason: messageOf(thrown) }), {
    cause: thrown,
  });
}
