/** What a model shows of its inside: the outputs of its layers, or those of all its operations. */

export interface LayerValues {
  /** Without the batch. */
  readonly shape: readonly number[];
  readonly data: Float32Array;
  /** Share of the values at the end of an 8-bit range; absent where they are in no such range. */
  readonly saturated?: number;
}

/** An operation whose output depends on the photo, in the order of the data. */
export interface Step {
  /** Of its output. */
  readonly name: string;
  readonly kind: string;
  /** Names of the tensors that it takes, weights left out. */
  readonly inputs: readonly string[];
}

export interface LayersSession {
  /** The operations that the outputs are of; none where the outputs are layers, of which layers.json tells. */
  readonly steps: readonly Step[];
  /** Every output of one image, by its name. */
  run(image: Float32Array): Promise<Map<string, LayerValues>>;
  /** A weight of the graph, as float32 whatever it is stored as. */
  weight(name: string): Promise<LayerValues>;
  close(): void;
}

/** Of operations in the order of the data, those whose outputs depend on the input. */
export function dependent(steps: Iterable<Step>, input: string): Step[] {
  const reached = new Set([input]);
  const found: Step[] = [];
  for (const { name, kind, inputs } of steps) {
    const taken = inputs.filter((each) => reached.has(each));
    if (taken.length === 0) continue;
    reached.add(name);
    found.push({ name, kind, inputs: taken });
  }
  return found;
}
