/**
 * tf.image.resize without antialiasing, by formula: every single step is rounded to float32, and none is fused.
 *
 * The counterpart of `gemelo/preprocessing/tensorflow_filters.py`.
 */

import { type Axis, clamp, each, even, type Taps, tapsOf } from "./axis";

const { fround } = Math;
const STEPS = 1024;

/** Input pixels for each output pixel. */
export function scaleOf({ from, to }: Axis): number {
  return fround(from / to);
}

function center(axis: Axis, i: number): number {
  return fround(fround(i + 0.5) * scaleOf(axis));
}

export function nearest(axis: Axis): number[] {
  return each(axis, (i) => Math.min(Math.floor(center(axis, i)), axis.from - 1));
}

/** The two input pixels of each output pixel, and how far it is from the first to the second. */
export function bilinear(axis: Axis): { low: number[]; high: number[]; rest: number[] } {
  const at = each(axis, (i) => fround(center(axis, i) - 0.5));
  return {
    low: at.map((u) => Math.max(Math.floor(u), 0)),
    high: at.map((u) => Math.min(Math.ceil(u), axis.from - 1)),
    rest: at.map((u) => fround(u - Math.floor(u))),
  };
}

/** Four taps for each output pixel. */
export function bicubic(axis: Axis): Taps {
  return tapsOf(axis, (i, tap) => {
    const u = fround(center(axis, i) - 0.5);
    const floor = Math.floor(u);
    const step = even(fround(fround(u - floor) * STEPS));
    const weights = [far(step), near(step), near(STEPS - step), far(STEPS - step)].map((weight, k) =>
      floor + k - 1 < 0 || floor + k - 1 >= axis.from ? 0 : weight,
    );
    const total = fround(1 / weights.reduce((sum, weight) => fround(sum + weight)));
    weights.forEach((weight, k) => tap(clamp(floor + k - 1, axis.from - 1), fround(weight * total)));
  });
}

/** Keys' cubic with a = -0.5, in steps of 1/1024: within a pixel of the center. */
function near(step: number): number {
  const x = step / STEPS;
  return fround((1.5 * x - 2.5) * x * x + 1);
}

/** The same within two pixels. */
function far(step: number): number {
  const z = step / STEPS + 1;
  return fround(((-0.5 * z + 2.5) * z - 4) * z + 2);
}

/** For each output pixel the input pixels below it, and the share of each. */
export function area(axis: Axis): Taps {
  const scale = scaleOf(axis);
  return tapsOf(axis, (i, tap) => {
    const [start, end] = [fround(i * scale), fround((i + 1) * scale)];
    for (let v = Math.floor(start); v < Math.ceil(end); v++) {
      const isLast = v + 1 > end;
      const share = v < start ? (isLast ? scale : fround(v + 1 - start)) : isLast ? fround(end - v) : 1;
      tap(clamp(v, axis.from - 1), share);
    }
  });
}

/** What the sum over an area is multiplied by. */
export function areaFactor(across: Axis, down: Axis): number {
  return fround(1 / fround(scaleOf(down) * scaleOf(across)));
}
