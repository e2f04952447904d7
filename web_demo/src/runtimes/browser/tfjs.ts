/** TF.js, as a page imports it when it is chosen; of its backends, wasm comes with it. */

import * as layers from "../layers";
import {
  type BrowserRuntime,
  type LoadOptions,
  type ModelFiles,
  RuntimeError,
  type Session,
} from "../runtime";
import * as tfjs from "../tfjs";
import { assetOf, graphOf, needWasm, whyNot } from "./files";

for (const name of ["webgl", "webgpu", "cpu"]) {
  tfjs.addBackend(name, (assets) => importModule(assetOf(assets, `tfjs-${name}.js`)));
}

export const runtime: BrowserRuntime = {
  name: tfjs.NAME,
  backends: tfjs.backendNames(),
  version: tfjs.version,
  load,
};

async function load(entry: string, files: ModelFiles, options: LoadOptions = {}): Promise<Session> {
  const { json, shards } = graphOf(files, entry);
  return started(options, () => tfjs.load(json, shards, options));
}

/** @param entry the model.json among `files`, of a graph with an output for each layer. */
export async function loadLayers(
  entry: string,
  files: ModelFiles,
  options: LoadOptions = {},
): Promise<layers.LayersSession> {
  return started(options, () => layers.loadLayers(entry, files, options));
}

async function started<T>(
  { backend = "wasm", assets = {} }: LoadOptions,
  task: () => Promise<T>,
): Promise<T> {
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
