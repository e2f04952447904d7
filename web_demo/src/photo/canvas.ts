/**
 * The browser's own decoders, read through a canvas.
 *
 * A canvas is trusted with copying opaque pixels and nothing else: it composites no transparency here. Some browsers
 * change what a page reads from a canvas, to hinder fingerprinting. So every piece is read twice, from two places:
 * where the two readings differ, none of them is used.
 */

import { told } from "../messages/message";
import type { Bytes } from "./bytes";
import { badBody, outOfMemory } from "./error";
import type { Encoded } from "./photo";
import { blended } from "./pngpixels";
import { type Layout, upright } from "./upright";

/** RGBA, row by row, upright and opaque. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray | Uint8Array;
}

/** Two readings of the same pixels differed: the browser adds noise to them. */
export class NoisyCanvasError extends Error {}

// Read in pieces, so that a large photo is in memory twice (as decoded, as read) and not four times.
const TILE_WIDTH = 8192;
const TILE_PIXELS = 1 << 21;
// How far the second reading lies from the first, in pixels.
const SHIFT = 3;

// There is no option against EXIF: Chromium turns a JPEG even where imageOrientation is "none", so it sees no EXIF.
const EXACT: ImageBitmapOptions = { colorSpaceConversion: "none", premultiplyAlpha: "none" };

type Drawn = ImageBitmap | VideoFrame;

/** Decodes a picture by the browser. */
export async function byCanvas(picture: Encoded, layout: Layout): Promise<Pixels> {
  const { width, height } = layout;
  const bitmaps: ImageBitmap[] = [];
  try {
    bitmaps.push(await toBitmap(picture, picture.colors));
    if (picture.transparent !== null) bitmaps.push(await toBitmap(picture, picture.transparent));
    const data = new Uint8ClampedArray(4 * width * height);
    if (picture.width * picture.height < width * height) {
      new Uint32Array(data.buffer).fill(0xff000000 | (picture.around * 0x010101));
    }
    readInto(data, bitmaps[0]!, bitmaps[1] ?? null, picture, layout);
    return { width, height, data };
  } finally {
    for (const bitmap of bitmaps) bitmap.close();
  }
}

/** A camera's frame, or anything else that is drawn: upright already. */
export function fromFrame(frame: Drawn): Pixels {
  const [width, height] =
    "displayWidth" in frame ? [frame.displayWidth, frame.displayHeight] : [frame.width, frame.height];
  const data = new Uint8ClampedArray(4 * width * height);
  readInto(data, frame, null, { x: 0, y: 0, width, height }, upright(width, height, 1));
  return { width, height, data };
}

async function toBitmap({ format, width, height }: Encoded, bytes: Bytes): Promise<ImageBitmap> {
  let bitmap;
  try {
    // One part: Firefox tells the kind of a file by the first part alone.
    bitmap = await createImageBitmap(new Blob([bytes], { type: `image/${format}` }), EXACT);
  } catch (thrown) {
    const said = thrown instanceof Error ? thrown.message : String(thrown);
    throw badBody("decode", told("damage.browser"), said, { cause: thrown });
  }
  if (bitmap.width === width && bitmap.height === height) return bitmap;
  // Short of memory, browsers may decode at a smaller size.
  bitmap.close();
  throw outOfMemory(width, height);
}

interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Reads an image tile by tile, blends it over white where there is an alpha, and puts it at its upright place. */
function readInto(
  data: Uint8ClampedArray,
  image: Drawn,
  transparent: ImageBitmap | null,
  area: Area,
  layout: Layout,
): void {
  const tileWidth = Math.min(area.width, TILE_WIDTH);
  const tileHeight = Math.min(area.height, Math.max(1, Math.floor(TILE_PIXELS / tileWidth)));
  const context = contextOf(tileWidth + SHIFT, tileHeight + SHIFT, area);
  const words = new Uint32Array(data.buffer);
  for (let top = 0; top < area.height; top += tileHeight) {
    for (let left = 0; left < area.width; left += tileWidth) {
      const width = Math.min(tileWidth, area.width - left);
      const height = Math.min(tileHeight, area.height - top);
      const tile = readTwice(context, image, { x: left, y: top, width, height });
      // Of a transparent picture the alphas alone are read: a canvas keeps no exact color under an alpha.
      if (transparent !== null) {
        blend(tile, readTwice(context, transparent, { x: left, y: top, width, height }));
      }
      put(words, layout, tile, area.x + left, area.y + top, width);
    }
  }
}

function readTwice(context: OffscreenCanvasRenderingContext2D, image: Drawn, area: Area): Uint32Array {
  const [once, again] = [read(context, image, area, 0), read(context, image, area, SHIFT)];
  for (let i = 0; i < once.length; i++) {
    if (once[i] !== again[i]) throw new NoisyCanvasError("two readings of the same pixels differ");
  }
  return once;
}

function read(
  context: OffscreenCanvasRenderingContext2D,
  image: Drawn,
  { x, y, width, height }: Area,
  shift: number,
): Uint32Array {
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  context.drawImage(image, shift - x, shift - y);
  return new Uint32Array(context.getImageData(shift, shift, width, height).data.buffer);
}

function contextOf(width: number, height: number, photo: Area): OffscreenCanvasRenderingContext2D {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true, colorSpace: "srgb" });
  if (context === null) throw outOfMemory(photo.width, photo.height);
  context.imageSmoothingEnabled = false;
  return context;
}

function blend(colors: Uint32Array, transparent: Uint32Array): void {
  for (let i = 0; i < colors.length; i++) {
    const word = colors[i]!;
    colors[i] = blended(word & 255, (word >> 8) & 255, (word >> 16) & 255, transparent[i]! >>> 24);
  }
}

function put(
  words: Uint32Array,
  layout: Layout,
  tile: Uint32Array,
  x: number,
  y: number,
  width: number,
): void {
  const { start, right, down } = layout;
  for (let from = 0; from < tile.length; from += width, y++) {
    let to = start + x * right + y * down;
    if (right === 1) {
      words.set(tile.subarray(from, from + width), to);
      continue;
    }
    for (let i = from; i < from + width; i++, to += right) words[to] = tile[i]!;
  }
}
