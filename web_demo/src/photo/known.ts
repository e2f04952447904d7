/** Pictures whose pixels are known: tests/goldens/known.py makes them, and a test there holds their hashes to Python's. */

import type { Bytes } from "./bytes";
import exifFirst from "./known/exif_first.jpg";
import lossyAlpha from "./known/lossy_alpha.webp";

export interface Known {
  readonly format: "jpeg" | "webp";
  readonly bytes: Bytes;
  /** sha256 of the upright RGBA pixels. */
  readonly pixels: string;
}

/** As cameras write it: EXIF first, turned, colors at half the resolution. Its second and third row of blocks are equal. */
export const CAMERA: Known = {
  format: "jpeg",
  bytes: exifFirst,
  pixels: "ee559806fd032737b88c4d774e6b4f82a6a668e22782bfb18e7f047c546f3e7c",
};

export const KNOWN: readonly Known[] = [
  CAMERA,
  {
    format: "webp",
    bytes: lossyAlpha,
    pixels: "1a93fddce1f80d6ccf351128babafcc8ef5af9d885c12525d7ca3b875ff77143",
  },
];
