/** Where the cells of maps land in a flat list: row by row, and at each cell one map after another. */

type Cell = readonly [row: number, column: number, channel: number];

/** @param shape (height, width, channels). */
export function flattenIndex(shape: readonly number[], [row, column, channel]: Cell): number {
  return (row * (shape[1] ?? 1) + column) * (shape[2] ?? 1) + channel;
}

/** The cell that landed at an index. */
export function cellOf(shape: readonly number[], index: number): Cell {
  const [width, channels] = [shape[1] ?? 1, shape[2] ?? 1];
  const place = Math.floor(index / channels);
  return [Math.floor(place / width), place % width, index % channels];
}
