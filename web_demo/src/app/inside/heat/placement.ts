/** Where in the photo lies what the network saw. */

import { SHAPES } from "../../../fits";
import type { Preprocessing } from "../../../preprocessing";

export interface Place {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/**
 * The rectangle of the photo that became the network's input, in the photo's own pixels.
 *
 * With `pad` it is larger than the photo, for the black borders are part of the input.
 */
export function placeOf(
  { width, height, fit }: Preprocessing,
  photo: { width: number; height: number },
): Place {
  const { width: w, height: h } = photo;
  const wide = w * height > h * width;
  const shape = SHAPES[fit];
  if (shape === "squash") return { left: 0, top: 0, width: w, height: h };
  const byHeight = (shape === "crop") === wide;
  const [across, down] = byHeight ? [(h * width) / height, h] : [w, (w * height) / width];
  return { left: (w - across) / 2, top: (h - down) / 2, width: across, height: down };
}
