/** Where in the photo lies what the network saw. */

import { shapeOf } from "../../../fits";
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
 * With borders it is larger than the photo, for they are part of the input.
 */
export function placeOf(
  { width, height, fit, resize_to }: Preprocessing,
  photo: { width: number; height: number },
): Place {
  const { width: w, height: h } = photo;
  const centered = (across: number, down: number): Place => ({
    ...{ left: (w - across) / 2, top: (h - down) / 2 },
    ...{ width: across, height: down },
  });
  const wide = w * height > h * width;
  const shape = shapeOf(fit);
  if (shape === "squash") return { left: 0, top: 0, width: w, height: h };
  if (resize_to) {
    const scale = Math.min(w, h) / resize_to;
    return centered(width * scale, height * scale);
  }
  const byHeight = (shape === "crop") === wide;
  const [across, down] = byHeight ? [(h * width) / height, h] : [w, (w * height) / width];
  return centered(across, down);
}
