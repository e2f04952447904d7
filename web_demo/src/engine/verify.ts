/** The self-test: the bundle's goldens, from the bytes of their files, through preprocessing and model on this very machine. */

import { argmax } from "../decisions";
import { fetchFile, type Golden, type Page } from "../page";
import type { Proof } from "../photo/proof";
import { english, told, type Told } from "../messages/message";
import { messageOf, toldOf } from "../runtimes/runtime";
import { artifactOf, type Engine } from "./engine";
import type { Photos } from "./photos";
import { sha256 } from "./sha256";

export interface Verification {
  readonly passed: boolean;
  readonly images: number;
  /** Largest difference of a probability from Keras's reference output. */
  readonly maxDifference: number;
  /** The same from its own expected outputs, which a quantized artifact is held to; null for others. */
  readonly expectedDifference: number | null;
  /** Goldens whose label is not Keras's. */
  readonly labelChanges: number;
  /** What it was held to; for a quantized artifact, against its own expected outputs. */
  readonly tolerance: number;
  readonly reason: string | null;
  /** The reason in the catalogue; null where it is not there. */
  readonly told: Told | null;
  /** Whether photos become other bytes here than in Python, or the model answers otherwise. */
  readonly attribution: "preprocessing" | "model" | null;
  /** What the browser itself decodes exactly; other photos are decoded in WASM. */
  readonly proof: Proof;
  readonly ms: number;
}

/** Tensors of the goldens; made once for a page, for they are the same for every engine. */
export interface Goldens {
  readonly tensors: Uint8Array;
  readonly images: readonly Golden[];
  /** Names of those whose tensor is not Python's. */
  readonly strangers: readonly string[];
  readonly proof: Proof;
}

/** Prepares the goldens from the bytes of their files. */
export async function loadGoldens(page: Page, photos: Photos): Promise<Goldens> {
  const bytes = await fetchFile(page, page.goldens.path);
  const { images } = page.goldens;
  const prepared = await Promise.all(
    images.map(({ offset, bytes: size }) =>
      photos.prepare(new Blob([new Uint8Array(bytes, offset, size)]), { preview: false }),
    ),
  );
  const size = prepared[0]?.tensor.length ?? 0;
  const tensors = new Uint8Array(size * images.length);
  prepared.forEach(({ tensor }, i) => tensors.set(tensor, i * size));
  const hashes = await Promise.all(images.map((_, i) => sha256(tensors.slice(i * size, (i + 1) * size))));
  const strangers = images.filter((golden, i) => hashes[i] !== golden.tensor_sha256).map(({ name }) => name);
  return { tensors, images, strangers, proof: await photos.proof() };
}

/** Holds an engine to Keras's reference outputs. */
export async function verify(page: Page, goldens: Goldens, engine: Engine): Promise<Verification> {
  const start = performance.now();
  const { tolerance, allowed_label_changes: allowed, expected_outputs } = artifactOf(page, engine.choice);
  const { images } = goldens;
  const answers = await engine.run(goldens.tensors, images.length).then(
    ({ probabilities }) => probabilities,
    (thrown: unknown) => thrown ?? new Error("nothing was thrown"),
  );
  const failed = (thrown: unknown, attribution: Verification["attribution"]): Verification => ({
    ...{
      passed: false,
      images: images.length,
      maxDifference: NaN,
      expectedDifference: null,
      labelChanges: images.length,
    },
    ...{ tolerance, reason: messageOf(thrown), told: toldOf(thrown), attribution },
    ...{ proof: goldens.proof, ms: performance.now() - start },
  });
  if (!(answers instanceof Float32Array)) return failed(answers, "model");
  const keras = images.map(({ probabilities }) => probabilities);
  const measured = {
    maxDifference: largestDifference(answers, keras),
    labelChanges: countLabelChanges(answers, keras),
  };
  const expectedDifference = expected_outputs === null ? null : largestDifference(answers, expected_outputs);
  const held = expectedDifference ?? measured.maxDifference;
  const ms = performance.now() - start;
  const verdict = judge(
    goldens.strangers,
    held,
    tolerance,
    expected_outputs === null ? measured.labelChanges : 0,
    allowed,
  );
  return {
    ...{ passed: verdict.reason === null, images: images.length, ...measured, expectedDifference },
    ...{ tolerance, ...verdict, proof: goldens.proof, ms },
  };
}

function judge(
  strangers: readonly string[],
  difference: number,
  tolerance: number,
  labelChanges: number,
  allowed: number,
): Pick<Verification, "reason" | "told" | "attribution"> {
  if (strangers.length > 0) {
    const names = strangers.slice(0, 3).join(", ");
    return failure(told("engine.bytes", { count: strangers.length, names }), "preprocessing");
  }
  // A NaN is no pass.
  if (!(difference <= tolerance)) {
    return failure(told("engine.difference", { difference, limit: tolerance }), "model");
  }
  if (labelChanges > allowed) {
    return failure(told("engine.label-changes", { count: labelChanges, limit: allowed }), "model");
  }
  return { reason: null, told: null, attribution: null };
}

const failure = (
  message: Told,
  attribution: Verification["attribution"],
): Pick<Verification, "reason" | "told" | "attribution"> => ({
  reason: english(message),
  told: message,
  attribution,
});

/** Over all rows and columns; NaN where an answer is no number. */
export function largestDifference(answers: Float32Array, expected: readonly (readonly number[])[]): number {
  const flat = expected.flat();
  if (answers.length !== flat.length) return NaN;
  // In float32, as Python does it: the stored decimals stand for float32 values.
  return flat.reduce((largest, value, i) => {
    const difference = Math.abs((answers[i] ?? NaN) - Math.fround(value));
    return Number.isNaN(difference) ? NaN : Math.max(largest, difference);
  }, 0);
}

function countLabelChanges(answers: Float32Array, expected: readonly (readonly number[])[]): number {
  return expected.filter((row, i) => {
    const answer = answers.subarray(i * row.length, (i + 1) * row.length);
    return argmax(answer) !== argmax(row);
  }).length;
}
