/** ONNX Runtime Web, as a page imports it when it is chosen. */

import { load, version } from "../onnx";
export { loadTensors } from "../onnx_layers";
import type { BrowserRuntime, Description } from "../runtime";

export const description: Description = {
  title: "ONNX Runtime",
  format: "onnx",
  order: 2,
  backends: {
    wasm: ["ort-wasm.js", "ort-wasm-simd-threaded.wasm"],
    webgpu: ["ort-jspi.js", "ort-wasm-simd-threaded.jspi.wasm"],
  },
  // These builds have their loaders (.mjs) inside: hosts need not know what such a file is.
  modules: { "ort-wasm": "onnxruntime-web/wasm", "ort-jspi": "onnxruntime-web/jspi" },
  binaries: [
    "onnxruntime-web/dist/ort-wasm-simd-threaded.wasm",
    "onnxruntime-web/dist/ort-wasm-simd-threaded.jspi.wasm",
  ],
};

export const runtime: BrowserRuntime = { version, load };
