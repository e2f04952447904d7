/** Where the windows of convolutions and poolings lie: strides, and the zeros around the borders. */

export type Pair = readonly [number, number];

export interface Windows {
  /** (height, width) of what is read. */
  readonly input: Pair;
  /** (height, width) of what is made: as many windows. */
  readonly output: Pair;
  readonly size: Pair;
  readonly strides: Pair;
  /** Rows above and columns to the left that are not there. */
  readonly before: Pair;
}

/**
 * The windows of a layer.
 *
 * @param input (height, width, ...) of what it reads.
 * @param output (height, width, ...) of what it makes.
 */
export function windowsOf(
  input: readonly number[],
  output: readonly number[],
  size: Pair,
  strides: Pair,
  padding: "valid" | "same" | null,
): Windows {
  const [from, to] = [pair(input), pair(output)];
  // As TensorFlow pads: where the number of rows to add is odd, the odd one goes below.
  const added = (axis: 0 | 1): number =>
    Math.max(0, (to[axis] - 1) * strides[axis] + size[axis] - from[axis]);
  const before: Pair = padding === "same" ? [added(0) >> 1, added(1) >> 1] : [0, 0];
  return { input: from, output: to, size, strides, before };
}

/** The upper left corner of a window in the input; negative where it begins in the padding. */
export function startOf({ strides, before }: Windows, row: number, column: number): Pair {
  return [row * strides[0] - before[0], column * strides[1] - before[1]];
}

/** Rows and columns at the end that no window reaches. */
export function leftOver({ input, output, size, strides, before }: Windows): Pair {
  const left = (axis: 0 | 1): number =>
    Math.max(0, input[axis] + before[axis] - (output[axis] - 1) * strides[axis] - size[axis]);
  return [left(0), left(1)];
}

/** The largest number of rows or columns that windows reach beyond the borders. */
export function overhang({ input, output, size, strides, before }: Windows): number {
  const after = (axis: 0 | 1): number =>
    (output[axis] - 1) * strides[axis] + size[axis] - before[axis] - input[axis];
  return Math.max(0, ...before, after(0), after(1));
}

export const pair = (shape: readonly number[]): Pair => [shape[0] ?? 1, shape[1] ?? 1];
