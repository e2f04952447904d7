/** The fits and filters of schema 2, each named after the library whose bytes it gives. */

import type { Preprocessing } from "./schemas";

export type Fit = Preprocessing["fit"];
export type Filter = Preprocessing["filter"];

/** Those that hand Pillow a box of the photo. Pillow's filters then look past the edges of the box. */
export const BOX_FITS: readonly Fit[] = ["keras-load-img", "pillow-fit"];
export const FITS: readonly Fit[] = [
  ...(["squash", "crop", "pad", "resize-crop", "keras-crop", "keras-pad", "tf-pad"] as const),
  ...BOX_FITS,
];
export const FILTERS: readonly Filter[] = [
  ...(["pillow-nearest", "pillow-box", "pillow-bilinear", "pillow-hamming", "pillow-bicubic"] as const),
  ...(["pillow-lanczos", "tf-nearest", "tf-bilinear", "tf-bicubic", "tf-area"] as const),
  ...(["opencv-nearest", "opencv-bilinear", "opencv-area"] as const),
];

/** What a fit does to the shape of a photo, in the words for people. */
export function shapeOf(fit: Fit): "squash" | "crop" | "pad" {
  if (fit === "squash") return fit;
  return fit.endsWith("pad") ? "pad" : "crop";
}
