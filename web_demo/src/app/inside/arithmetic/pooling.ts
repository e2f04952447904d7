/** One value of a pooled map, from its window. */

import type { Tensor } from "../../../engine/inside";
import { startOf, type Windows } from "./windows";

export interface Pooled {
  /** Row by row; null where the window lies in the padding, which counts for nothing. */
  readonly values: readonly (number | null)[];
  /** The first of the largest. */
  readonly largest: number;
  readonly result: number;
}

/** @param how "max" takes the largest, "average" the mean of what is there. */
export function poolAt(
  { data, shape }: Tensor,
  windows: Windows,
  how: "max" | "average",
  [row, column, channel]: readonly [number, number, number],
): Pooled {
  const [rows, columns] = windows.input;
  const [height, width] = windows.size;
  const [top, left] = startOf(windows, row, column);
  const values = Array.from({ length: height * width }, (_, at) => {
    const [y, x] = [top + Math.floor(at / width), left + (at % width)];
    const inside = y >= 0 && x >= 0 && y < rows && x < columns;
    return inside ? (data[(y * columns + x) * (shape[2] ?? 1) + channel] ?? NaN) : null;
  });
  const there = values.filter((value) => value !== null);
  const most = Math.max(...there);
  const mean = there.reduce((sum, value) => sum + value, 0) / there.length;
  return { values, largest: values.indexOf(most), result: how === "max" ? most : mean };
}
