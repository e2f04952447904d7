/**
 * The preprocessing, schema 2: how the bytes of a photo become a model's input. The counterpart of `gemelo/preprocessing/__init__.py`.
 *
 * 1. Decode at full size: JPEG, PNG, WebP, BMP, GIF, told apart by their first bytes, never by their names; of an
 *    animation the first frame. Grey, palette and CMYK become RGB; ICC profiles are ignored. A PNG whose chunks do
 *    not match their checksums and a JPEG without its end marker are refused, as decoders differ on them.
 * 2. Turn by the EXIF orientation (all eight; a damaged EXIF block counts as none; XMP is not looked at).
 * 3. Composite transparency over white.
 * 4. Resize with Pillow's BILINEAR (a triangle filter, antialiased), always horizontally first, rounded to bytes, then
 *    vertically, by `fit`:
 *    `squash` to the input's size; `crop` the largest centered rectangle of the input's shape, then squash it;
 *    `pad` to fit inside, centered on black.
 * 5. For a one-channel input, luma by ITU-R 601-2 in integers, (19595 R + 38470 G + 7471 B + 32768) >> 16.
 * 6. uint8 to float32, NHWC, RGB, range 0-255: scaling is a layer inside the model.
 *
 * What two languages cannot do alike (16 bits a channel) is refused.
 *
 * PNG, BMP and GIF are decoded here. JPEG and WebP are decoded by the browser where it was proved exact (photo/proof.ts),
 * else by a decoder in WASM; either is handed the picture and nothing else of the file: what the file says of
 * orientation, profiles and frames is read and decided here. Transparency is composited here. Steps 4 to 6 need no
 * browser.
 */

import { BOX_FITS, FILTERS, FITS } from "./fits";
import { told } from "./messages/message";
import type { Opener } from "./photo/photo";
import { openBmp } from "./photo/bmp";
import type { Bytes } from "./photo/bytes";
import type { Pixels } from "./photo/canvas";
import { Decoders, type WasmDecoder } from "./photo/decoders";
import { PhotoError } from "./photo/error";
import { orientation } from "./photo/exif";
import { openGif } from "./photo/gif";
import { openJpeg } from "./photo/jpeg";
import { checkSize, MAX_FILE_BYTES, MAX_PIXELS } from "./photo/limits";
import { checkParts, checkWork, countParts, webpSize } from "./photo/parts";
import { openPng } from "./photo/png";
import { planOf } from "./photo/plan";
import { resample } from "./photo/resample";
import { type Kind, sniff } from "./photo/sniff";
import { openWebp } from "./photo/webp";
import { RuntimeError } from "./runtimes/runtime";
import type { Preprocessing as PreprocessingFile } from "./schemas";

export { Decoders, PhotoError, type Pixels, type WasmDecoder };
export type { PhotoErrorKind } from "./photo/error";

const SCHEMA = 2;
const LARGEST_SIDE = 4096;
export const DEFAULT_MAX_PIXELS = MAX_PIXELS;

/** What decides of a photo's input; the rest of the file is the same in every file of schema 2. */
export type Preprocessing = Pick<
  PreprocessingFile,
  "width" | "height" | "channels" | "fit" | "filter" | "resize_to"
>;

const OPENERS: Readonly<Record<Kind, Opener>> = {
  JPEG: openJpeg,
  PNG: openPng,
  WEBP: openWebp,
  BMP: openBmp,
  GIF: openGif,
};

/**
 * Reads preprocessing as it stands in manifests and inside artifacts.
 *
 * @throws RuntimeError "corrupt": a newer schema, or not preprocessing.
 */
export function parsePreprocessing(value: unknown): Preprocessing {
  const said = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  const { schema, width, height, channels, fit, filter, resize_to } = said;
  if (!Number.isInteger(schema)) throw refused("no schema number in it");
  if ((schema as number) > SCHEMA)
    throw refused(`schema ${schema} is newer than this page understands (${SCHEMA})`);
  const missing = ["width", "height", "channels", "fit", "filter"].find((key) => !(key in said));
  if (missing !== undefined) throw refused(`'${missing}' is missing`);
  if (!isSide(width) || !isSide(height))
    throw refused(`an input of ${width}x${height} is outside 1-${LARGEST_SIDE} pixels`);
  if (channels !== 1 && channels !== 3) throw refused(`${channels} channels; there is 1 (grey) and 3 (RGB)`);
  const way = wayOf(fit, filter, resize_to);
  const preprocessing: Preprocessing = { width, height, channels, ...way };
  if (canonical(toJson(preprocessing)) !== canonical(said))
    throw refused("says something that schema 2 does not know");
  return preprocessing;
}

function isSide(side: unknown): side is number {
  return Number.isInteger(side) && (side as number) >= 1 && (side as number) <= LARGEST_SIDE;
}

/** Fit and filter, where they are known and go together. */
function wayOf(
  fit: unknown,
  filter: unknown,
  size: unknown,
): Pick<Preprocessing, "fit" | "filter" | "resize_to"> {
  const way = { fit, filter } as Pick<Preprocessing, "fit" | "filter">;
  if (!FITS.includes(way.fit)) throw refused(`unknown fit '${fit}'; there is ${FITS.join(", ")}`);
  if (!FILTERS.includes(way.filter))
    throw refused(`unknown filter '${filter}'; there is ${FILTERS.join(", ")}`);
  if (BOX_FITS.includes(way.fit) && !way.filter.startsWith("pillow-"))
    throw refused(`the fit ${fit} needs a filter of Pillow, such as pillow-bilinear, not ${filter}`);
  if (way.fit !== "resize-crop") {
    if (size !== undefined && size !== null)
      throw refused(`resize_to belongs to the fit resize-crop, not to ${fit}`);
    return way;
  }
  if (!isSide(size))
    throw refused(
      `resize_to is ${size}, but the fit resize-crop needs a whole number from 1 to ${LARGEST_SIDE}`,
    );
  return { ...way, resize_to: size };
}

function refused(reason: string): RuntimeError {
  return new RuntimeError("corrupt", `preprocessing: ${reason}`);
}

/** The preprocessing as Python writes it. */
export function toJson(preprocessing: Preprocessing): Record<string, unknown> {
  const { width, height, channels, fit, filter, resize_to } = preprocessing;
  const more = resize_to === undefined ? {} : { resize_to };
  const fixed = { orientation: "exif", alpha: "over-white", layout: "NHWC", range: [0, 255] };
  return { schema: SCHEMA, width, height, channels, fit, filter, ...more, ...fixed };
}

function canonical(value: Record<string, unknown>): string {
  return JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Steps 1 to 3: upright RGBA at full size, opaque. Runs where there is an OffscreenCanvas: in a worker.
 *
 * @param decoders who decodes JPEG and WebP.
 * @param maxPixels photos with more are refused before they are decoded.
 * @throws PhotoError the photo cannot be read.
 */
export async function decode(
  file: Blob,
  decoders: Decoders,
  maxPixels: number = DEFAULT_MAX_PIXELS,
): Promise<Pixels> {
  const bytes = await read(file);
  const kind = sniff(bytes);
  const parts = countParts(kind, bytes);
  checkParts(parts);
  const check = (width: number, height: number): void => {
    checkSize(width, height, maxPixels);
    checkWork(kind, width, height, parts, maxPixels);
  };
  if (kind === "WEBP") check(...webpSize(bytes)); // as in Python, whose decoder sets memory aside at once
  const photo = OPENERS[kind](bytes);
  check(photo.width, photo.height);
  return decoders.pixels(photo, orientation(photo.exif));
}

async function read(file: Blob): Promise<Bytes> {
  if (file.size === 0) throw new PhotoError("empty", "empty", told("photo.empty"));
  if (file.size > MAX_FILE_BYTES)
    throw new PhotoError("too-large", "bytes", told("photo.bytes", { mebibytes: MAX_FILE_BYTES >> 20 }));
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (thrown) {
    // A folder that was dropped, or a file that changed since it was chosen.
    const said = thrown instanceof Error ? thrown.message : String(thrown);
    throw new PhotoError("corrupt", "unreadable", told("photo.unreadable", { reason: said }), said, {
      cause: thrown,
    });
  }
}

/**
 * Steps 4 and 5: the photo as the model's input, still in bytes.
 *
 * @returns height * width * channels bytes, NHWC, RGB.
 * @throws PhotoError what it would be resized by way of is too large, or nothing of it would be left.
 */
export function prepare(pixels: Pixels, preprocessing: Preprocessing): Uint8Array {
  const plan = planOf(pixels.width, pixels.height, preprocessing);
  const rgb = resample(pixels, plan, preprocessing.filter, preprocessing);
  return preprocessing.channels === 3 ? rgb : luma(rgb);
}

/** Step 6: bytes to float32 of the same order, range 0-255. */
export function tensor(images: Uint8Array): Float32Array {
  return Float32Array.from(images);
}

function luma(rgb: Uint8Array): Uint8Array {
  const grey = new Uint8Array(rgb.length / 3);
  for (let i = 0, at = 0; i < grey.length; i++, at += 3) {
    grey[i] = (19595 * rgb[at]! + 38470 * rgb[at + 1]! + 7471 * rgb[at + 2]! + 32768) >> 16;
  }
  return grey;
}
