/** Where the built code lies in a page's folder; build/page.mjs fills in the names with their hashes. */

import type { RuntimeName } from "../page";

declare const __WORKER__: string | undefined;
declare const __MODULES__: Readonly<Record<RuntimeName, string>> | undefined;

// Outside a page, in tests under Node, there is neither.
export const WORKER = typeof __WORKER__ === "undefined" ? "" : __WORKER__;
export const MODULES = typeof __MODULES__ === "undefined" ? { tfjs: "", onnx: "", litert: "" } : __MODULES__;
