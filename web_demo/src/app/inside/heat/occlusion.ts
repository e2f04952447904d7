/**
 * Occlusion (Zeiler and Fergus 2014, "Visualizing and Understanding Convolutional Networks"): what the network answers
 * while a grey square covers one part of the photo after another.
 */

import type { Preprocessing } from "../../../preprocessing";
import type { Heat } from "./upsample";

const GREY = 128;
const BATCH = 16;

export interface Box {
  readonly top: number;
  readonly left: number;
  readonly side: number;
}

export interface Occlusion {
  readonly boxes: readonly Box[];
  readonly width: number;
  readonly height: number;
  readonly labels: number;
  /** Without a square. */
  readonly whole: Float32Array;
  /** With each of the boxes, row by row. */
  readonly covered: Float32Array;
}

/** What answers: `count` photos, one after another, to probabilities row by row. */
export type Answer = (tensors: Uint8Array, count: number) => Promise<{ probabilities: Float32Array }>;

/** Squares of an eighth of the shorter side, half of that apart; the last in a row ends with the photo. */
export function boxesOf({ width, height }: Pick<Preprocessing, "width" | "height">): Box[] {
  const side = Math.max(1, Math.round(Math.min(width, height) / 8));
  const step = Math.max(1, side >> 1);
  const starts = (length: number): number[] => {
    const last = length - side;
    const regular = Array.from({ length: Math.floor(last / step) + 1 }, (_, i) => i * step);
    return regular.at(-1) === last ? regular : [...regular, last];
  };
  return starts(height).flatMap((top) => starts(width).map((left) => ({ top, left, side })));
}

/** A copy of the photo with a grey square on it. */
export function cover(
  tensor: Uint8Array,
  { width, channels }: Pick<Preprocessing, "width" | "channels">,
  { top, left, side }: Box,
): Uint8Array {
  const covered = tensor.slice();
  for (let y = top; y < top + side; y++) {
    covered.fill(GREY, (y * width + left) * channels, (y * width + left + side) * channels);
  }
  return covered;
}

/**
 * Asks for all boxes, in batches; null where it was canceled.
 *
 * @param onProgress told how many of how many are done.
 */
export async function occlude(
  tensor: Uint8Array,
  preprocessing: Preprocessing,
  answer: Answer,
  onProgress: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<Occlusion | null> {
  const boxes = boxesOf(preprocessing);
  const { probabilities: whole } = await answer(tensor, 1);
  const covered = new Float32Array(boxes.length * whole.length);
  for (let first = 0; first < boxes.length; first += BATCH) {
    if (signal.aborted) return null;
    const batch = boxes.slice(first, first + BATCH);
    const tensors = new Uint8Array(batch.length * tensor.length);
    batch.forEach((box, i) => tensors.set(cover(tensor, preprocessing, box), i * tensor.length));
    const { probabilities } = await answer(tensors, batch.length);
    covered.set(probabilities, first * whole.length);
    onProgress(first + batch.length, boxes.length);
  }
  const { width, height } = preprocessing;
  return signal.aborted ? null : { boxes, width, height, labels: whole.length, whole, covered };
}

/** How much a label's probability drops when a pixel is covered: the mean over the squares that cover it. */
export function dropMap({ boxes, width, height, labels, whole, covered }: Occlusion, label: number): Heat {
  const values = new Float32Array(width * height);
  const counts = new Uint16Array(width * height);
  boxes.forEach(({ top, left, side }, i) => {
    const drop = whole[label]! - covered[i * labels + label]!;
    for (let y = top; y < top + side; y++) {
      for (let x = left; x < left + side; x++) {
        values[y * width + x]! += drop;
        counts[y * width + x]!++;
      }
    }
  });
  for (let i = 0; i < values.length; i++) values[i]! /= Math.max(1, counts[i]!);
  return { width, height, values };
}

/** The box that lowers a label's probability most. */
export function deepest({ boxes, labels, covered }: Occlusion, label: number): { box: Box; left: number } {
  let best = 0;
  for (let i = 1; i < boxes.length; i++) {
    if (covered[i * labels + label]! < covered[best * labels + label]!) best = i;
  }
  return { box: boxes[best]!, left: covered[best * labels + label]! };
}
