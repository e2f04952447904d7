/** The TF.js runtime: graph models on the wasm backend (or others), in the browser and under Node alike. */

import { told } from "../messages/text";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { GraphModel } from "@tensorflow/tfjs-converter";
import * as tf from "@tensorflow/tfjs-core";

import {
  checkWeights,
  inputShape,
  labelsOf,
  type ModelJson,
  outputClasses,
  parseModel,
  type SpreadKernel,
  spreadKernels,
  weightSpecs,
  withWholeKernels,
} from "./graph";
import { type Assets, type LoadOptions, type Memory, messageOf, RuntimeError, type Session } from "./runtime";
import { type About, BatchSession, Turns } from "./session";

/** Of the wasm backend: TF.js takes the second where there are no vector instructions. */
export const BINARIES = ["tfjs-backend-wasm-simd.wasm", "tfjs-backend-wasm.wasm"] as const;
// TF.js wants to be told where this is, though it never asks for it.
const THREADED = "tfjs-backend-wasm-threaded-simd.wasm";

/** Makes a backend known to TF.js; called each time it is selected, so it must bear being called twice. */
export type Start = (assets: Assets) => unknown;

export type Graph = GraphModel<tf.io.IOHandlerSync>;

// wasm comes with this file. Others are added by who wants them, each loaded when it is first asked for.
const backends = new Map<string, Start>([["wasm", startWasm]]);

const LARGEST_BATCH = 16;

// TF.js has one current backend for all, and a task may wait while it sets it.
const turns = new Turns();
let current: string | null = null;
// Told with the first session of a backend; a session that takes its turn again needs them no more.
let files: Assets = {};

export function version(): string {
  return tf.version_core;
}

/** Adds a backend: `addBackend("cpu", () => import("@tensorflow/tfjs-backend-cpu"))`. */
export function addBackend(name: string, start: Start): void {
  backends.set(name, start);
}

/** The backends that `load` takes. */
export function backendNames(): string[] {
  return [...backends.keys()];
}

/** What TF.js holds for all sessions together. */
export function memory(): Memory {
  const { numTensors, numBytes } = tf.memory();
  return { tensors: numTensors, bytes: numBytes };
}

/**
 * Makes a session of a graph model's files.
 *
 * @param modelJson the parsed model.json.
 * @param shards the bytes of its weight files, in the order of `shardPaths`.
 */
export async function load(
  modelJson: unknown,
  shards: ArrayBuffer[],
  options: LoadOptions = {},
): Promise<Session> {
  const model = parseModel(modelJson);
  const { backend = "wasm" } = options;
  const about = { backend, shape: inputShape(model), classes: outputClasses(model), labels: labelsOf(model) };
  return new GraphSession(await openGraph(model, shards, options), about);
}

/** The graph with its weights on a backend. */
export function openGraph(model: ModelJson, shards: ArrayBuffer[], options: LoadOptions): Promise<Graph> {
  checkWeights(model, shards);
  return onBackend(options.backend ?? "wasm", options.assets, () => build(model, shards));
}

/** Runs a task in its turn on a backend. */
export function onBackend<T>(
  backend: string,
  assets: Assets | undefined,
  task: () => T | Promise<T>,
): Promise<T> {
  return turns.take(async () => {
    await select(backend, assets);
    return task();
  });
}

function build(model: ModelJson, shards: ArrayBuffer[]): Graph {
  const kernels = spreadKernels(model);
  const modelTopology = kernels.length > 0 ? withWholeKernels(model, kernels) : model.modelTopology;
  const artifacts = { ...model, modelTopology, weightSpecs: weightSpecs(model), weightData: shards };
  const graph = new GraphModel({ load: () => artifacts as unknown as tf.io.ModelArtifacts });
  try {
    tf.tidy(() => {
      graph.load();
      multiplyScales(graph, kernels);
      // Only weights of a graph that was understood outlive this.
      Object.values(graph.weights).flat().forEach(tf.keep);
    });
  } catch (thrown) {
    throw new RuntimeError("corrupt", `its graph is damaged: ${messageOf(thrown)}`, { cause: thrown });
  }
  return graph;
}

/**
 * Kernels of 8 bits, multiplied once. The graph would do it at each answer, and wasm would take each product for a new
 * kernel: pack it anew, and keep a key for it until the model is disposed of.
 */
function multiplyScales(graph: Graph, kernels: readonly SpreadKernel[]): void {
  const { weights } = graph;
  for (const { name, levels, scale } of kernels) {
    const [level] = weights[levels] ?? [];
    const [factor] = weights[scale] ?? [];
    if (level === undefined || factor === undefined) continue;
    weights[name] = [tf.mul(level, factor)];
    Reflect.deleteProperty(weights, levels);
    Reflect.deleteProperty(weights, scale);
  }
}

class GraphSession extends BatchSession {
  constructor(
    private readonly graph: Graph,
    about: About,
  ) {
    super(about, LARGEST_BATCH, turns);
  }

  memory(): Memory {
    return memory();
  }

  protected async answer(images: Float32Array, count: number): Promise<Float32Array> {
    await select(this.backend);
    const output = tf.tidy(() => this.execute(images, count));
    try {
      return (await output.data()) as Float32Array;
    } finally {
      output.dispose();
    }
  }

  protected free(): void {
    this.graph.dispose();
  }

  private execute(images: Float32Array, count: number): tf.Tensor {
    const output = this.graph.execute(tf.tensor4d(images, [count, ...this.shape]));
    if (Array.isArray(output)) throw new RuntimeError("corrupt", "the model has several outputs");
    const [rows, columns] = output.shape;
    if (rows !== count || columns !== this.classes) {
      throw new RuntimeError("runtime", `the model answered with the shape (${output.shape.join(", ")})`);
    }
    return output;
  }
}

function startWasm(assets: Assets): void {
  // Set before the backend asks for it: the page is isolated for others' sake, see build/trim.mjs.
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  const paths = Object.fromEntries([...BINARIES, THREADED].map((name) => [name, assets[name] ?? ""]));
  setWasmPaths(paths as Record<(typeof BINARIES)[number] | typeof THREADED, string>);
}

/** Loads a backend's code and makes it the current one; only called in turn. */
async function select(backend: string, assets?: Assets): Promise<void> {
  if (current === backend) return;
  files = assets ?? files;
  const start = backends.get(backend);
  if (start === undefined) {
    throw new RuntimeError("input", `no backend ${backend}: there is ${backendNames().join(", ")}`);
  }
  current = null;
  try {
    await start(files);
    if (!(await tf.setBackend(backend))) throw new Error("its initialization failed");
  } catch (thrown) {
    throw new RuntimeError(
      "runtime",
      told("engine.start", { choice: `TF.js ${backend}`, reason: messageOf(thrown) }),
      {
        cause: thrown,
      },
    );
  }
  current = backend;
}
