/** What the button "Where does it begin?" finds out, in the visitor's browser alone. */

import { type Choice, Engine } from "../../../engine/engine";
import { Inside } from "../../../engine/inside";
import { innerTensors } from "../../../engine/tensors";
import type { Page } from "../../../page";
import { departure, type Departure } from "./departure";
import type { Precision, Tensor } from "./matching";

export interface Found extends Departure {
  /** Whether the artifact is held for equal: by its self-test, and by its answer to this photo. */
  readonly passed: boolean;
  /** Largest difference of a probability that asking for all tensors made in the artifact's own answer. */
  readonly moved: number;
  /** The same between the artifact's answer and the reference's. */
  readonly apart: number;
  /** The same between the reference's answer and Keras's; null where Keras never saw the photo. */
  readonly keras: number | null;
}

/** How far a probability may be from the reference's, by the table in docs/compare.md; in 8 bits, on average. */
export const TOLERANCE: Readonly<Record<Precision, number>> = { fp32: 1e-4, fp16: 5e-2, int8: 4e-2 };

export interface Question {
  readonly page: Page;
  readonly choice: Choice;
  /** The artifact that is the reference where the bundle has no layers; null where it has. */
  readonly reference: Choice | null;
  /** The photo as the preprocessing made it. */
  readonly image: Uint8Array;
  /** Keras's answer to it. */
  readonly keras: ArrayLike<number> | null;
  /** Whether the artifact's self-test was passed. */
  readonly passed: boolean;
}

/** Runs the artifact and the bundle's layers on the photo; one after another, for each may take much memory. */
export async function find(question: Question, signal: AbortSignal): Promise<Found> {
  const { page, choice, image, keras, reference } = question;
  const input = { name: "input", kind: "input", inputs: [], shape: [...shapeOf(page)], data: floats(image) };
  const found =
    reference === null
      ? await layersOf(page, image, signal)
      : await innerTensors(page, reference, image, signal);
  const layers = [input, ...found];
  signal.throwIfAborted();
  const answer = await answerOf(page, choice, image, signal);
  signal.throwIfAborted();
  const inner = await innerTensors(page, choice, image, signal);
  // Whatever the artifact calls its input, what it takes is the image.
  const names = new Set(inner.map(({ name }) => name));
  const ours = [input, ...inner.map((tensor) => withInput(tensor, names))];
  const own = layers.at(-1)?.data ?? [];
  const apart = largest(answer, own);
  const precision = precisionOf(choice, reference);
  const equal = question.passed && (precision === "int8" || apart <= TOLERANCE[precision]);
  return {
    ...(await departure(ours, layers, precision, equal, signal)),
    ...{ passed: equal, apart, moved: largest(inner.at(-1)?.data ?? [], answer) },
    keras: keras === null ? null : largest(own, keras),
  };
}

const floats = (image: Uint8Array): Float32Array => Float32Array.from(image);

const shapeOf = ({ preprocessing: { height, width, channels } }: Page): number[] => [height, width, channels];

function withInput(tensor: Tensor, names: ReadonlySet<string>): Tensor {
  return { ...tensor, inputs: tensor.inputs.map((name) => (names.has(name) ? name : "input")) };
}

async function layersOf(page: Page, image: Uint8Array, signal: AbortSignal): Promise<Tensor[]> {
  const inside = await Inside.open(page).catch(() => Inside.open(page, "cpu"));
  const stop = (): void => inside.close();
  signal.addEventListener("abort", stop);
  try {
    signal.throwIfAborted();
    const outputs = await inside.run(image);
    const types = new Map(inside.layers.layers.map(({ name, type }) => [name, type]));
    return outputs.map((output) => ({ ...output, kind: types.get(output.name) ?? "", inputs: [] }));
  } finally {
    inside.close();
    signal.removeEventListener("abort", stop);
  }
}

/** What the artifact answers when nobody looks inside. */
async function answerOf(
  page: Page,
  choice: Choice,
  image: Uint8Array,
  signal: AbortSignal,
): Promise<Float32Array> {
  const engine = await Engine.open(page, choice, undefined, signal);
  try {
    return (await engine.run(image, 1)).probabilities;
  } finally {
    engine.close();
  }
}

/** That of the less exact of the two. */
export function precisionOf(choice: Choice, reference: Choice | null): Precision {
  const variants = [choice, ...(reference === null ? [] : [reference])].map(({ variant }) => variant);
  if (variants.some((variant) => variant !== "fp32" && variant !== "fp16")) return "int8";
  return variants.includes("fp16") ? "fp16" : "fp32";
}

/** Largest difference of two rows; NaN where they are not of one length, or a number is none. */
export function largest(one: ArrayLike<number>, other: ArrayLike<number>): number {
  if (one.length !== other.length) return NaN;
  return Array.from(one).reduce((most, value, i) => {
    const difference = Math.abs(value - Math.fround(other[i] ?? NaN));
    return Number.isNaN(difference) ? NaN : Math.max(most, difference);
  }, 0);
}
