/** Where the built code lies in a page's folder; build/page.mjs fills in the names with their hashes. */

import type { RuntimeName } from "../page";

declare const __WORKER__: string | undefined;
declare const __MODULES__: Readonly<Record<RuntimeName, string>> | undefined;
declare const __DECODERS__: Readonly<Record<"jpeg" | "webp", string>> | undefined;

// Outside a page, in tests under Node, there is neither.
export const WORKER = typeof __WORKER__ === "undefined" ? "" : __WORKER__;
export const MODULES = typeof __MODULES__ === "undefined" ? { tfjs: "", onnx: "", litert: "" } : __MODULES__;
export const DECODERS = typeof __DECODERS__ === "undefined" ? { jpeg: "", webp: "" } : __DECODERS__;
