/** TF.js, as a page imports it when it is chosen; of its backends, wasm comes with it. */

import { assetOf, graphOf, needWasm, whyNot } from "../files";
import type { LayersSession } from "../inside";
import * as layers from "../layers";
import {
  type BrowserRuntime,
  type Description,
  type LoadOptions,
  type ModelFiles,
  RuntimeError,
  type Session,
} from "../runtime";
import * as tfjs from "../tfjs";

export const description: Description = {
  title: "TF.js",
  format: "tfjs",
  order: 1,
  backends: {
    // Old processors, without vector instructions, take the other binary. No threads: see build/trim.mjs.
    wasm: ["tfjs-backend-wasm-simd.wasm"],
    webgl: ["tfjs-webgl.js"],
    webgpu: ["tfjs-webgpu.js"],
    cpu: ["tfjs-cpu.js"],
  },
  modules: {
    "tfjs-cpu": "@tensorflow/tfjs-backend-cpu",
    "tfjs-webgl": "@tensorflow/tfjs-backend-webgl",
    "tfjs-webgpu": "@tensorflow/tfjs-backend-webgpu",
  },
  binaries: [
    "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm",
    "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm",
  ],
};

export const runtime: BrowserRuntime = { version: () => tfjs.version(), load };

async function load(entry: string, files: ModelFiles, options: LoadOptions = {}): Promise<Session> {
  const { json, shards } = graphOf(files, entry);
  return started(options, () => tfjs.load(json, shards, options));
}

/** @param entry the model.json among `files`, of a graph with an output for each layer. */
export async function loadLayers(
  entry: string,
  files: ModelFiles,
  options: LoadOptions = {},
): Promise<LayersSession> {
  return started(options, () => layers.loadLayers(entry, files, options));
}

/** @param entry the model.json of an artifact among `files`. */
export async function loadTensors(
  entry: string,
  files: ModelFiles,
  options: LoadOptions = {},
): Promise<LayersSession> {
  return started(options, () => layers.loadTensors(entry, files, options));
}

async function started<T>(
  { backend = "wasm", assets = {} }: LoadOptions,
  task: () => Promise<T>,
): Promise<T> {
  for (const name of ["webgl", "webgpu", "cpu"]) {
    tfjs.addBackend(name, (found) => importModule(assetOf(found, `tfjs-${name}.js`)));
  }
  if (backend !== "wasm") return task();
  needWasm("TF.js");
  try {
    return await task();
  } catch (thrown) {
    if (!(thrown instanceof RuntimeError) || thrown.kind !== "runtime") throw thrown;
    const urls = tfjs.BINARIES.map((name) => assetOf(assets, name));
    throw await whyNot(thrown, "TF.js", urls);
  }
}
