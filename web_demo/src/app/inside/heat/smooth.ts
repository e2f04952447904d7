/** What was found in steps, without the steps. */

import type { Heat } from "./upsample";

/** The mean of the `size` × `size` values around each, as far as there are so many. */
export function smooth({ width, height, values }: Heat, size: number): Heat {
  const rows = pass(values, width, height, size, [1, width]);
  return { width, height, values: pass(rows, height, width, size, [width, 1]) };
}

/** Along one axis: `length` values a line that lie `step` apart, in `lines` lines that lie `next` apart. */
function pass(
  values: Float32Array,
  length: number,
  lines: number,
  size: number,
  [step, next]: readonly [number, number],
): Float32Array {
  const result = new Float32Array(values.length);
  const before = (size - 1) >> 1;
  for (let line = 0; line < lines; line++) {
    for (let i = 0; i < length; i++) {
      const [from, to] = [Math.max(0, i - before), Math.min(length, i - before + size)];
      let sum = 0;
      for (let at = from; at < to; at++) sum += values[line * next + at * step]!;
      result[line * next + i * step] = sum / (to - from);
    }
  }
  return result;
}
