/**
 * What each runtime is made of in a page: modules that are built, and binaries that are copied as npm has them.
 *
 * A runtime's own module comes first. The others, and the binaries, are loaded when its backend needs them, by the names
 * that stand here.
 */

const TFJS = "@tensorflow/tfjs-backend-wasm/dist";
const ORT = "onnxruntime-web/dist";
const LITERT = "@litertjs/core/wasm";

export const RUNTIMES = {
  tfjs: {
    modules: {
      tfjs: "src/runtimes/browser/tfjs.ts",
      "tfjs-cpu": "@tensorflow/tfjs-backend-cpu",
      "tfjs-webgl": "@tensorflow/tfjs-backend-webgl",
      "tfjs-webgpu": "@tensorflow/tfjs-backend-webgpu",
    },
    // By what the processor has; no threads, see build/trim.mjs.
    binaries: [`${TFJS}/tfjs-backend-wasm-simd.wasm`, `${TFJS}/tfjs-backend-wasm.wasm`],
  },
  onnx: {
    // These builds have their loaders (.mjs) inside: hosts need not know what such a file is.
    modules: {
      onnx: "src/runtimes/browser/onnx.ts",
      "ort-wasm": "onnxruntime-web/wasm",
      "ort-jspi": "onnxruntime-web/jspi",
    },
    binaries: [`${ORT}/ort-wasm-simd-threaded.wasm`, `${ORT}/ort-wasm-simd-threaded.jspi.wasm`],
  },
  litert: {
    modules: { litert: "src/runtimes/browser/litert.ts" },
    binaries: [`${LITERT}/litert_wasm_compat_internal.js`, `${LITERT}/litert_wasm_compat_internal.wasm`],
  },
};
