/** One photo's way through the network: what every layer was given, what it made, and with which weights. */

import type { Layer, LayerOutput, Layers, Tensor } from "../../engine/inside";
import type { Weight } from "../../schemas";
import { RuntimeError } from "../../runtimes/runtime";

/** Fetches a kernel or a bias by its name. */
export type Weigher = (name: string) => Promise<Tensor>;

/** Layers whose channels are those that they were given: a map before them is the map of the same number after. */
const KEEPS_CHANNELS = new Set([
  "Activation",
  "MaxPooling2D",
  "AveragePooling2D",
  "GlobalAveragePooling2D",
  "ZeroPadding2D",
]);

export class Trace {
  private readonly outputs: ReadonlyMap<string, Tensor>;
  private readonly weights = new Map<string, Promise<Tensor>>();

  /** @param image what the preprocessing made of the photo, (height, width, channels), 0-255. */
  constructor(
    readonly network: Layers,
    readonly image: Tensor,
    outputs: readonly LayerOutput[],
    private readonly weigher: Weigher,
  ) {
    this.outputs = new Map(outputs.map((output) => [output.name, output]));
  }

  get rows(): readonly Layer[] {
    return this.network.layers;
  }

  row(index: number): Layer {
    const row = this.rows[index];
    if (row === undefined) throw new RuntimeError("input", `the network has no layer ${index}`);
    return row;
  }

  /** What a row was given: what the row before it made, or the image. */
  input(index: number): Tensor {
    return index === 0 ? this.image : this.output(index - 1);
  }

  output(index: number): Tensor {
    return this.named(this.row(index).name);
  }

  named(name: string): Tensor {
    const output = this.outputs.get(name);
    if (output === undefined) throw new RuntimeError("corrupt", `the network has no output ${name}`);
    return output;
  }

  weight({ name }: Weight): Promise<Tensor> {
    const known = this.weights.get(name);
    if (known !== undefined) return known;
    const fetched = this.weigher(name);
    this.weights.set(name, fetched);
    fetched.catch(() => this.weights.delete(name));
    return fetched;
  }

  /** The row that made the channels which this one has: maps of one family belong together by their numbers. */
  family(index: number): string {
    let at = index;
    while (at > 0 && KEEPS_CHANNELS.has(this.row(at).type)) at--;
    return this.row(at).name;
  }
}
