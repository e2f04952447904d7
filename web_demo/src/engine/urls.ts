/** Where the built code lies; build/page.mjs fills in the paths, whose names have hashes. */

import { infoOf } from "../runtimes/registry";
import { RuntimeError } from "../runtimes/runtime";
import type { DecoderUrls } from "./worker";

declare const __WORKER__: string | undefined;
declare const __DECODERS__: DecoderUrls | undefined;
/** URLs by path, in gemelo.js alone: a bundler may have moved every file. */
declare const __URLS__: Readonly<Record<string, string>> | undefined;

// Outside a page, in tests under Node, there is neither.
const WORKER = typeof __WORKER__ === "undefined" ? "" : __WORKER__;
const DECODERS = typeof __DECODERS__ === "undefined" ? { jpeg: "", webp: "" } : __DECODERS__;

/** The worker's absolute URL. */
export function workerUrl(base: string): string {
  return urlOf(WORKER, base) ?? "";
}

/** The absolute URLs of the decoders in WASM. */
export function decoderUrls(base: string): DecoderUrls {
  return { jpeg: urlOf(DECODERS.jpeg, base) ?? "", webp: urlOf(DECODERS.webp, base) ?? "" };
}

/** The absolute URLs of a runtime's files, by name, its own module first. */
export function runtimeUrls(runtime: string, base: string): [module: string, Record<string, string>] {
  const found = Object.entries(infoOf(runtime).files).flatMap(([name, [path]]) => {
    const url = urlOf(path, base);
    return url === undefined ? [] : [[name, url] as const];
  });
  const [first] = found;
  if (first === undefined) throw new RuntimeError("missing", `the code for ${runtime} was left out`);
  return [first[1], Object.fromEntries(found)];
}

function urlOf(path: string, base: string): string | undefined {
  return typeof __URLS__ === "undefined" ? new URL(path, base).href : __URLS__[path];
}
