/** The runtimes' binaries in a page: where npm has them, and the names under which the runtimes ask for them. */

const TFJS = "@tensorflow/tfjs-backend-wasm/dist";
const ORT = "onnxruntime-web/dist";
const LITERT = "@litertjs/core/wasm";

export const RUNTIME_FILES = {
  // By what the processor has; no threads, see build/trim.mjs.
  tfjs: files(TFJS, "tfjs-backend-wasm-simd.wasm", "tfjs-backend-wasm.wasm"),
  onnx: files(
    ORT,
    "ort-wasm-simd-threaded.mjs",
    "ort-wasm-simd-threaded.wasm",
    "ort-wasm-simd-threaded.jspi.mjs",
    "ort-wasm-simd-threaded.jspi.wasm",
  ),
  litert: files(LITERT, "litert_wasm_compat_internal.js", "litert_wasm_compat_internal.wasm"),
};

function files(folder, ...names) {
  return names.map((name) => ({ from: `${folder}/${name}`, to: name }));
}
