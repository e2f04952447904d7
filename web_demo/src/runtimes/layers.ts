/** A network that shows its layers: a TF.js graph model with an output for each. */

import * as tf from "@tensorflow/tfjs-core";

import { graphOf } from "./files";
import { inputShape, outputNames, parseModel } from "./graph";
import { type LoadOptions, type ModelFiles, RuntimeError, type Shape } from "./runtime";
import { type Graph, onBackend, openGraph } from "./tfjs";

/** One answer of a network that shows its layers; the shape is without the batch. */
export interface LayerValues {
  readonly shape: number[];
  readonly data: Float32Array;
}

export interface LayersSession {
  /** Every output of one image, by the name that the signature gives it. */
  run(image: Float32Array): Promise<Map<string, LayerValues>>;
  /** A weight of the graph, as float32 whatever it is stored as. */
  weight(name: string): Promise<LayerValues>;
  close(): void;
}

/** @param entry the model.json of `layers/tfjs` among `files`. */
export async function loadLayers(
  entry: string,
  files: ModelFiles,
  options: LoadOptions = {},
): Promise<LayersSession> {
  const { json, shards } = graphOf(files, entry);
  const model = parseModel(json);
  const [shape, names] = [inputShape(model), outputNames(model)];
  return new GraphLayers(await openGraph(model, shards, options), shape, names, options.backend ?? "wasm");
}

class GraphLayers implements LayersSession {
  private open = true;

  constructor(
    private readonly graph: Graph,
    private readonly shape: Shape,
    private readonly names: readonly string[],
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
      tf.dispose(outputs);
      return new Map(this.names.map((name, i) => [name, values[i] as LayerValues]));
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
