/** The TF.js runtime: graph models on the wasm backend (or cpu), in the browser and under Node alike. */

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
  weightSpecs,
} from "./graph";
import { type Memory, messageOf, RuntimeError, type Session, type Shape } from "./runtime";

export const NAME = "tfjs";

/** Makes a backend known to TF.js; called each time it is selected, so it must bear being called twice. */
export type Start = (wasmPath?: string) => unknown;

type Graph = GraphModel<tf.io.IOHandlerSync>;

// wasm comes with this file. Others are added by who wants them, for even a lazily loaded backend keeps the
// bundler from pruning what only it uses of TF.js: cpu costs every visitor 13 kB.
const backends = new Map<string, Start>([["wasm", startWasm]]);

export interface LoadOptions {
  readonly backend?: string;
  /** Folder of the .wasm files, with its last slash; by default that of the script. Heeded before wasm starts. */
  readonly wasmPath?: string;
}

let current: string | null = null;
let queue: Promise<unknown> = Promise.resolve();

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
  checkWeights(model, shards);
  const { backend = "wasm", wasmPath } = options;
  const [shape, classes, labels] = [inputShape(model), outputClasses(model), labelsOf(model)];
  const graph = await inTurn(async () => {
    await select(backend, wasmPath);
    return build(model, shards);
  });
  return new GraphSession(graph, backend, shape, classes, labels);
}

function build(model: ModelJson, shards: ArrayBuffer[]): Graph {
  const artifacts = { ...model, weightSpecs: weightSpecs(model), weightData: shards };
  const graph = new GraphModel({ load: () => artifacts as unknown as tf.io.ModelArtifacts });
  try {
    tf.tidy(() => {
      graph.load();
      // Only weights of a graph that was understood outlive this.
      Object.values(graph.weights).flat().forEach(tf.keep);
    });
  } catch (thrown) {
    throw new RuntimeError("corrupt", `its graph is damaged: ${messageOf(thrown)}`, { cause: thrown });
  }
  return graph;
}

class GraphSession implements Session {
  private open = true;

  constructor(
    private readonly graph: Graph,
    readonly backend: string,
    readonly shape: Shape,
    readonly classes: number,
    readonly labels: readonly string[] | null,
  ) {}

  async run(images: Float32Array, count: number): Promise<Float32Array> {
    this.check(images, count);
    const output = await inTurn(async () => {
      await select(this.backend);
      return tf.tidy(() => this.execute(images, count));
    });
    try {
      return (await output.data()) as Float32Array;
    } finally {
      output.dispose();
    }
  }

  memory(): Memory {
    return memory();
  }

  close(): void {
    if (this.open) this.graph.dispose();
    this.open = false;
  }

  private check(images: Float32Array, count: number): void {
    if (!this.open) throw new RuntimeError("runtime", "the session is closed");
    const expected = this.shape.reduce((product, size) => product * size, count);
    if (!Number.isInteger(count) || count < 1 || images.length !== expected) {
      const wanted = `(${count}, ${this.shape.join(", ")})`;
      throw new RuntimeError("input", `the model takes ${wanted} = ${expected} values, got ${images.length}`);
    }
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

function startWasm(wasmPath?: string): void {
  if (wasmPath !== undefined) setWasmPaths(wasmPath);
}

/** Loads a backend's code and makes it the current one; only called in turn. */
async function select(backend: string, wasmPath?: string): Promise<void> {
  if (current === backend) return;
  const start = backends.get(backend);
  if (start === undefined) {
    throw new RuntimeError("input", `no backend ${backend}: there is ${backendNames().join(", ")}`);
  }
  current = null;
  try {
    await start(wasmPath);
    if (!(await tf.setBackend(backend))) throw new Error("its initialisation failed");
  } catch (thrown) {
    throw new RuntimeError("runtime", `TF.js ${backend} cannot start: ${messageOf(thrown)}`, {
      cause: thrown,
    });
  }
  current = backend;
}

/** Runs tasks one after another: TF.js has one current backend for all, and a task may wait while it sets it. */
function inTurn<T>(task: () => Promise<T>): Promise<T> {
  const result = queue.then(task);
  queue = result.catch(() => undefined);
  return result;
}
