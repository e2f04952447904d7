/** The eight orientations of EXIF, as where each pixel of the file lies in the upright photo. */

export interface Layout {
  /** Of the upright photo. */
  readonly width: number;
  readonly height: number;
  /** Where the file's first pixel lies, counted in pixels, row by row. */
  readonly start: number;
  /** How far from it the next one of its row lies, and how far the first one of the next row. */
  readonly right: number;
  readonly down: number;
}

/** @param orientation 1 to 8 (EXIF 2.3, tag 0x0112). */
export function upright(width: number, height: number, orientation: number): Layout {
  const [w, h] = orientation < 5 ? [width, height] : [height, width];
  const [right, bottom] = [w - 1, w * (h - 1)];
  const steps: readonly (readonly [start: number, right: number, down: number])[] = [
    [0, 1, w],
    [right, -1, w],
    [right + bottom, -1, -w],
    [bottom, 1, -w],
    [0, w, 1],
    [right, w, -1],
    [right + bottom, -w, -1],
    [bottom, -w, 1],
  ];
  const step = steps[orientation - 1]!;
  return { width: w, height: h, start: step[0], right: step[1], down: step[2] };
}
