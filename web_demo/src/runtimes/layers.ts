/** A TF.js graph model that shows its inside: the network with an output for each layer, or any artifact. */

import * as tf from "@tensorflow/tfjs-core";

import { graphOf } from "./files";
import { inputShape, type ModelJson, outputNames, parseModel, stepsOf } from "./graph";
import type { LayersSession, LayerValues, Step } from "./inside";
import { type LoadOptions, type ModelFiles, RuntimeError, type Shape } from "./runtime";
import { type Graph, onBackend, openGraph } from "./tfjs";

/** @param entry the model.json of `layers/tfjs` among `files`. */
export function loadLayers(
  entry: string,
  files: ModelFiles,
  options: LoadOptions = {},
): Promise<LayersSession> {
  return load(entry, files, options, (model) => [outputNames(model), []]);
}

/** @param entry the model.json of an artifact among `files`: every operation that depends on the photo is an output. */
export function loadTensors(
  entry: string,
  files: ModelFiles,
  options: LoadOptions = {},
): Promise<LayersSession> {
  return load(entry, files, options, (model) => {
    const steps = stepsOf(model);
    return [steps.map(({ name }) => name), steps];
  });
}

async function load(
  entry: string,
  files: ModelFiles,
  options: LoadOptions,
  outputs: (model: ModelJson) => [names: string[], steps: Step[]],
): Promise<LayersSession> {
  const { json, shards } = graphOf(files, entry);
  const model = parseModel(json);
  const [shape, [names, steps]] = [inputShape(model), outputs(model)];
  const graph = await openGraph(model, shards, options);
  return new GraphLayers(graph, shape, names, steps, options.backend ?? "wasm");
}

class GraphLayers implements LayersSession {
  private open = true;

  constructor(
    private readonly graph: Graph,
    private readonly shape: Shape,
    private readonly names: readonly string[],
    readonly steps: readonly Step[],
    private readonly backend: string,
  ) {}

  async run(image: Float32Array): Promise<Map<string, LayerValues>> {
    const size = this.shape.reduce((product, length) => product * length, 1);
    if (image.length !== size) {
      throw new RuntimeError("input", `the network takes one image of ${size} values, got ${image.length}`);
    }
    return this.inTurn(async () => {
      const outputs = tf.tidy(() => this.execute(image));
      const values = await Promise.all(outputs.map((output) => valuesOf(output, output.shape.slice(1))));
      const named = this.names.map((name, i) => [name, values[i] as LayerValues] as const);
      const found = new Map(named.filter((_, i) => outputs[i]?.shape[0] === 1));
      tf.dispose(outputs);
      return found;
    });
  }

  weight(name: string): Promise<LayerValues> {
    return this.inTurn(() => {
      const tensor = this.graph.weights[name]?.[0];
      if (tensor === undefined) throw new RuntimeError("input", `the network has no weight ${name}`);
      return valuesOf(tensor, tensor.shape);
    });
  }

  close(): void {
    if (this.open) this.graph.dispose();
    this.open = false;
  }

  private execute(image: Float32Array): tf.Tensor[] {
    return [this.graph.execute(tf.tensor4d(image, [1, ...this.shape]), [...this.names])].flat();
  }

  private inTurn<T>(task: () => Promise<T>): Promise<T> {
    return onBackend(this.backend, undefined, () => {
      if (!this.open) throw new RuntimeError("runtime", "the session is closed");
      return task();
    });
  }
}

async function valuesOf(tensor: tf.Tensor, shape: number[]): Promise<LayerValues> {
  return { shape, data: Float32Array.from(await tensor.data()) };
}
