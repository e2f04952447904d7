/** What the parsers of the five formats have in common. */

import type { Bytes } from "./bytes";
import type { Layout } from "./upright";

/** A picture that a decoder of JPEG or WebP turns into pixels, and where it lies in the photo. */
export interface Encoded {
  readonly format: "jpeg" | "webp";
  /** A file of the colors and nothing else: no transparency, orientation or profile, no later frames. */
  readonly colors: Bytes;
  /** A file whose alpha counts; null where the picture is opaque. */
  readonly transparent: Bytes | null;
  readonly isCmyk: boolean;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** What a photo larger than the picture has around it, as a grey. */
  readonly around: number;
}

/** Decodes the whole photo and puts its pixels upright: RGBA bytes, opaque, row by row. */
export type Painted = (upright: Layout) => Uint8ClampedArray;

/** A photo whose header was read; nothing of it is decoded yet. */
export interface Opened {
  readonly width: number;
  readonly height: number;
  /** The EXIF block as Pillow has it in `info["exif"]`. */
  readonly exif: Bytes | null;
  readonly picture: Encoded | Painted;
}

export type Opener = (bytes: Bytes) => Opened;

/** A channel with an alpha over white: Pillow's alpha_composite (AlphaComposite.c) for an opaque white below. */
export function overWhite(value: number, alpha: number): number {
  const shifted = 128 * (value * alpha + 255 * (255 - alpha) + 128);
  return (((shifted >> 8) + shifted) >> 8) >> 7;
}
