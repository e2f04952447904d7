/** The fits and filters of schema 2, each named after the library whose bytes it gives. */

import type { Preprocessing } from "./schemas";

export type Fit = Preprocessing["fit"];
export type Filter = Preprocessing["filter"];

/** What each fit does to the shape of a photo, in the words for people. */
export const SHAPES: Readonly<Record<Fit, "squash" | "crop" | "pad">> = {
  squash: "squash",
  crop: "crop",
  pad: "pad",
  "resize-crop": "crop",
  "keras-crop": "crop",
  "keras-pad": "pad",
  "tf-pad": "pad",
  "keras-load-img": "crop",
  "pillow-fit": "crop",
};
export const FITS = Object.keys(SHAPES) as readonly Fit[];
/** Those that hand Pillow a box of the photo. Pillow's filters then look past the edges of the box. */
export const BOX_FITS: readonly Fit[] = ["keras-load-img", "pillow-fit"];
export const FILTERS: readonly Filter[] = [
  ...(["pillow-nearest", "pillow-box", "pillow-bilinear", "pillow-hamming", "pillow-bicubic"] as const),
  ...(["pillow-lanczos", "tf-nearest", "tf-bilinear", "tf-bicubic", "tf-area"] as const),
  ...(["opencv-nearest", "opencv-bilinear", "opencv-area"] as const),
];
