/** LiteRT.js, as a page imports it when it is chosen. */

import { load, version } from "../litert";
export { loadTensors } from "../litert_layers";
import type { BrowserRuntime, Description } from "../runtime";

export const description: Description = {
  title: "LiteRT",
  format: "tflite",
  order: 3,
  backends: {
    wasm: ["litert_wasm_compat_internal.js", "litert_wasm_compat_internal.wasm"],
    webgpu: ["litert_wasm_compat_internal.js", "litert_wasm_compat_internal.wasm"],
  },
  modules: {},
  binaries: [
    "@litertjs/core/wasm/litert_wasm_compat_internal.js",
    "@litertjs/core/wasm/litert_wasm_compat_internal.wasm",
  ],
};

export const runtime: BrowserRuntime = { version, load };
