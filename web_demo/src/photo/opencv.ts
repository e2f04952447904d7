/**
 * cv2.resize of bytes, by formula: whole numbers where OpenCV has them, else float32 or double step by step.
 *
 * The counterpart of `gemelo/preprocessing/opencv_filters.py`.
 */

import { type Axis, each, even, type Taps, tapsOf } from "./axis";

const { fround } = Math;

function stepOf({ from, to }: Axis): number {
  return 1 / (to / from);
}

export function nearest(axis: Axis): number[] {
  return each(axis, (i) => Math.min(Math.floor(i * stepOf(axis)), axis.from - 1));
}

/** Whether two input pixels make one. If so on both axes, INTER_LINEAR is INTER_AREA. */
export function isHalved({ from, to }: Axis): boolean {
  return from === 2 * to;
}

/** Whether an output pixel is smaller than an input pixel. If so on either axis, INTER_AREA is bilinear. */
export function isEnlarged(axis: Axis): boolean {
  return stepOf(axis) < 1;
}

/** How many input pixels make one; 0 where that is not a whole number to the last bits, as OpenCV has it. */
export function cellOf(axis: Axis): number {
  const step = stepOf(axis);
  return Math.abs(step - even(step)) < 2 ** -52 ? even(step) : 0;
}

/** The pixel at or before each output pixel, -1 where there is none, and how far it is to the next one. */
export function bilinear(axis: Axis, ofArea: boolean): { low: number[]; rest: number[] } {
  const step = stepOf(axis);
  if (!ofArea) {
    const at = each(axis, (i) => fround((i + 0.5) * step - 0.5));
    return { low: at.map(Math.floor), rest: at.map((u) => fround(u - Math.floor(u))) };
  }
  const low = each(axis, (i) => Math.floor(i * step));
  const rest = low.map((floor, k) => {
    const far = fround(axis.start + k + 1 - (floor + 1) * (axis.to / axis.from));
    return far <= 0 ? 0 : fround(far - Math.floor(far));
  });
  return { low, rest };
}

/** The weights of the two pixels in 1/2048. */
export function unitWeights(rest: number): [number, number] {
  return [even(fround(fround(1 - rest) * 2048)), even(fround(rest * 2048))];
}

/** For each output pixel the input pixels below it, and the share of each. */
export function area(axis: Axis): Taps {
  const [step, { from }] = [stepOf(axis), axis];
  return tapsOf(axis, (i, tap) => {
    const start = i * step;
    const end = start + step;
    const cell = Math.min(step, from - start);
    const last = Math.min(Math.floor(end), from - 1);
    const first = Math.min(Math.ceil(start), last);
    if (first - start > 1e-3) tap(first - 1, fround((first - start) / cell));
    for (let v = first; v < last; v++) tap(v, fround(1 / cell));
    if (end - last > 1e-3) tap(last, fround(Math.min(end - last, 1, cell) / cell));
  });
}

/** For each output pixel the input pixels of its cell, each of which counts once. */
export function cells(axis: Axis, size: number): Taps {
  return tapsOf(axis, (i, tap) => {
    for (let v = i * size; v < (i + 1) * size; v++) tap(v, 1);
  });
}
