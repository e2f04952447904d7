/**
 * What a photo may cost: the numbers of `gemelo/limits.py`, checked before memory or time is spent.
 *
 * A test holds the two to each other.
 */

import { told, type Told } from "../messages/message";
import { PhotoError } from "./error";

export const MAX_PIXELS = 64_000_000;
/** The longest side of a JPEG. Resizing a longer one to a few pixels would need weights for each of its pixels. */
export const MAX_SIDE = 65_535;
/** A picture is first resized across: what that makes may be no larger. */
export const MAX_RESIZED_PIXELS = 48_000_000;
export const MAX_FILE_BYTES = 256 * 2 ** 20;
/** Memory that decoding may take in Python, in bytes for each pixel of the limit. */
export const MEMORY_PER_PIXEL = 7.5;
export const PIXEL_BYTES = 4;
export const WEBP_PIXEL_BYTES = 16;
/** Parts with less content than this count: longer ones pay for themselves. */
export const SMALL_PART_BYTES = 1024;
export const MAX_SMALL_PARTS = 10_000;
/** EXIF blocks, image resources of Photoshop, and compressed texts: their content is parsed or unpacked. */
export const MAX_PARSED_PARTS = 100;
export const MAX_SCANS = 100;
/** Scans together may cover so many pictures of the largest size. */
export const MAX_SCANNED_PICTURES = 16;
/** A BMP in run-length encoding. */
export const MAX_RUN_PIXELS = 10_000_000;
export const MAX_RUN_BYTES = 4 * 2 ** 20;

const SCALE_DOWN = "scale it down";

/** @throws PhotoError "too-large", or "corrupt" where no picture has this size. */
export function checkSize(width: number, height: number, maxPixels: number): void {
  if (Math.max(width, height) >= 2 ** 31) {
    throw new PhotoError("corrupt", "size", told("photo.impossible-size", { width, height }));
  }
  if (width * height > maxPixels) {
    const sizes = { width, height, megapixels: (width * height) / 1e6, limit: maxPixels / 1e6 };
    throw tooLarge("pixels", told("photo.pixels", sizes), SCALE_DOWN);
  }
  if (Math.max(width, height) > MAX_SIDE) {
    throw tooLarge("side", told("photo.side", { width, height, limit: MAX_SIDE }), SCALE_DOWN);
  }
}

/** @throws PhotoError "too-large" where a picture would be too large after it is resized across. */
export function checkResized(width: number, height: number): void {
  if (width * height <= MAX_RESIZED_PIXELS) return;
  const limit = MAX_RESIZED_PIXELS / 1e6;
  throw tooLarge("resized", told("photo.resized", { width, height, limit }), SCALE_DOWN);
}

/** @throws PhotoError "too-large" where a picture would have too long a side with the borders laid around it. */
export function checkBordered(width: number, height: number): void {
  if (Math.max(width, height) <= MAX_SIDE) return;
  throw tooLarge("bordered", told("photo.bordered", { width, height, limit: MAX_SIDE }), SCALE_DOWN);
}

export function tooLarge(what: string, reason: Told, detail = ""): PhotoError {
  return new PhotoError("too-large", what, reason, detail);
}
