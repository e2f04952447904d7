/** A small map made large. */

export interface Heat {
  readonly width: number;
  readonly height: number;
  /** Row by row. */
  readonly values: Float32Array;
}

/** Bilinear, the centres of the cells kept where they were, and nothing beyond the outer ones made up. */
export function upsample({ width, height, values }: Heat, toWidth: number, toHeight: number): Heat {
  const [xs, ys] = [places(width, toWidth), places(height, toHeight)];
  const result = new Float32Array(toWidth * toHeight);
  ys.forEach(([top, down], y) => {
    const [above, below] = [top * width, Math.min(top + 1, height - 1) * width];
    xs.forEach(([left, right], x) => {
      const next = Math.min(left + 1, width - 1);
      const mix = (row: number): number => values[row + left]! * (1 - right) + values[row + next]! * right;
      result[y * toWidth + x] = mix(above) * (1 - down) + mix(below) * down;
    });
  });
  return { width: toWidth, height: toHeight, values: result };
}

/** For each place of the large axis: the cell before it in the small one, and how far it is from there to the next. */
function places(from: number, to: number): [number, number][] {
  return Array.from({ length: to }, (_, i) => {
    const at = Math.min(from - 1, Math.max(0, ((i + 0.5) * from) / to - 0.5));
    const cell = Math.floor(at);
    return [cell, at - cell];
  });
}
