/** A graph model small enough to write by hand: flatten, a product with a matrix, softmax. */

import type { Shape } from "../src/runtimes/runtime";

export const SHAPE: Shape = [2, 2, 3];
export const CLASSES = 2;
const INPUTS = 12;

export const MATRIX = Float32Array.from({ length: INPUTS * CLASSES }, (_, i) => Math.sin(i) / 100);

const dim = (...sizes: number[]): object => ({ dim: sizes.map((size) => ({ size: String(size) })) });
const float = { type: "DT_FLOAT" };

/** A fresh model.json; tests damage it as they like. */
export function tinyModel(): Record<string, unknown> {
  return {
    format: "graph-model",
    modelTopology: {
      node: [
        { name: "image", op: "Placeholder", attr: { dtype: float, shape: { shape: dim(-1, ...SHAPE) } } },
        { name: "flat", op: "Const", attr: { dtype: { type: "DT_INT32" } } },
        { name: "matrix", op: "Const", attr: { dtype: float } },
        { name: "row", op: "Reshape", input: ["image", "flat"], attr: { T: float } },
        { name: "logits", op: "MatMul", input: ["row", "matrix"], attr: { T: float } },
        { name: "probabilities", op: "Softmax", input: ["logits"], attr: { T: float } },
      ],
      library: {},
      versions: { producer: 1 },
    },
    signature: {
      inputs: { image: { name: "image:0", dtype: "DT_FLOAT", tensorShape: dim(-1, ...SHAPE) } },
      outputs: { output_0: { name: "probabilities:0", dtype: "DT_FLOAT", tensorShape: dim(-1, CLASSES) } },
    },
    weightsManifest: [
      {
        paths: ["shard1.bin", "shard2.bin"],
        weights: [
          { name: "flat", shape: [2], dtype: "int32" },
          { name: "matrix", shape: [INPUTS, CLASSES], dtype: "float32" },
        ],
      },
    ],
    userDefinedMetadata: { labels: ["cats", "dogs"] },
  };
}

/** The weights in two files, the first of which ends within the matrix. */
export function tinyShards(): ArrayBuffer[] {
  const bytes = new Uint8Array(8 + MATRIX.byteLength);
  bytes.set(new Uint8Array(Int32Array.of(-1, INPUTS).buffer));
  bytes.set(new Uint8Array(MATRIX.buffer), 8);
  return [bytes.slice(0, 40).buffer, bytes.slice(40).buffer];
}

/** `count` different images, and what the model must answer, in double precision. */
export function tinyBatch(
  count: number,
  matrix: Float32Array = MATRIX,
): { images: Float32Array; expected: number[] } {
  const images = Float32Array.from({ length: count * INPUTS }, (_, i) => (i * 37) % 256);
  const rows = Array.from({ length: count }, (_, row) => images.subarray(row * INPUTS, (row + 1) * INPUTS));
  return { images, expected: rows.flatMap((row) => answer(row, matrix)) };
}

function answer(row: Float32Array, matrix: Float32Array): number[] {
  const logits = [0, 1].map((column) =>
    row.reduce((sum, value, i) => sum + value * (matrix[i * CLASSES + column] ?? NaN), 0),
  );
  const powers = logits.map((logit) => Math.exp(logit - Math.max(...logits)));
  return powers.map((power) => power / powers.reduce((sum, value) => sum + value, 0));
}

export function largestDifference(found: ArrayLike<number>, expected: readonly number[]): number {
  if (found.length !== expected.length) return Infinity;
  return Math.max(...expected.map((value, i) => Math.abs(value - (found[i] ?? NaN))));
}
