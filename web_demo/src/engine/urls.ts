/** Where the built code lies; build/page.mjs fills in the paths, whose names have hashes. */

import type { RuntimeName } from "../page";
import { RuntimeError } from "../runtimes/runtime";
import type { DecoderUrls } from "./worker";

/** Of every file of a runtime, by the name that the runtime asks for: its path in a page, and its bytes. */
type Files = Readonly<Record<string, readonly [path: string, bytes: number]>>;

declare const __WORKER__: string | undefined;
declare const __DECODERS__: DecoderUrls | undefined;
declare const __RUNTIMES__: Readonly<Record<RuntimeName, Files>> | undefined;
/** URLs by path, in gemelo.js alone: a bundler may have moved every file. */
declare const __URLS__: Readonly<Record<string, string>> | undefined;

// Outside a page, in tests under Node, there is neither.
const WORKER = typeof __WORKER__ === "undefined" ? "" : __WORKER__;
const DECODERS = typeof __DECODERS__ === "undefined" ? { jpeg: "", webp: "" } : __DECODERS__;
const RUNTIMES: Readonly<Record<RuntimeName, Files>> =
  typeof __RUNTIMES__ === "undefined" ? { tfjs: {}, onnx: {}, litert: {} } : __RUNTIMES__;

/** Path and bytes of a runtime's file. */
export function runtimeFile(runtime: RuntimeName, name: string): readonly [path: string, bytes: number] {
  return RUNTIMES[runtime][name] ?? ["", 0];
}

/** The worker's absolute URL. */
export function workerUrl(base: string): string {
  return urlOf(WORKER, base) ?? "";
}

/** The absolute URLs of the decoders in WASM. */
export function decoderUrls(base: string): DecoderUrls {
  return { jpeg: urlOf(DECODERS.jpeg, base) ?? "", webp: urlOf(DECODERS.webp, base) ?? "" };
}

/** The absolute URLs of a runtime's files, by name, its own module first. */
export function runtimeUrls(runtime: RuntimeName, base: string): [module: string, Record<string, string>] {
  const found = Object.entries(RUNTIMES[runtime]).flatMap(([name, [path]]) => {
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
