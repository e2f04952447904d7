/** The browser's decoders, held to their bytes: a picture in, exact RGBA on white out, turned as it is read. */

import { badBody, outOfMemory, PhotoError } from "./error";
import type { Encoded, Opened } from "./photo";
import { type Layout, upright } from "./upright";

/** RGBA, row by row, upright and opaque. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray | Uint8Array;
}

// Read in pieces, so that a large photo is in memory twice (as decoded, as read) and not four times.
const TILE_WIDTH = 8192;
const TILE_PIXELS = 1 << 21;

// There is no option against EXIF: Chromium turns a JPEG even where imageOrientation is "none", so it sees no EXIF.
const EXACT: ImageBitmapOptions = {
  colorSpaceConversion: "none",
  // Premultiplied by the canvas alone, which rounds to the nearest; libwebp does not.
  premultiplyAlpha: "none",
};

/** Decodes an opened photo and turns it by its EXIF orientation. */
export async function pixelsOf(photo: Opened, orientation: number): Promise<Pixels> {
  const layout = upright(photo.width, photo.height, orientation);
  try {
    if (typeof photo.picture === "function") {
      return { width: photo.width, height: photo.height, data: photo.picture() };
    }
    return await decoded(photo.picture, layout);
  } catch (thrown) {
    if (thrown instanceof PhotoError) throw thrown;
    if (thrown instanceof RangeError) throw outOfMemory(photo.width, photo.height, thrown);
    throw thrown;
  }
}

/** A camera's frame: upright already. */
export function fromFrame(frame: ImageBitmap | VideoFrame): Pixels {
  const [width, height] =
    "displayWidth" in frame ? [frame.displayWidth, frame.displayHeight] : [frame.width, frame.height];
  const layout = upright(width, height, 1);
  const data = new Uint8ClampedArray(4 * width * height);
  readInto(data, frame, { x: 0, y: 0, width, height }, layout);
  return { width, height, data };
}

async function decoded(picture: Encoded, layout: Layout): Promise<Pixels> {
  const bitmap = await toBitmap(picture);
  try {
    const { width, height } = layout;
    const data = new Uint8ClampedArray(4 * width * height);
    if (picture.width * picture.height < width * height) {
      new Uint32Array(data.buffer).fill(0xff000000 | (picture.around * 0x010101));
    }
    readInto(data, bitmap, picture, layout);
    return { width, height, data };
  } finally {
    bitmap.close();
  }
}

async function toBitmap({ blob, width, height }: Encoded): Promise<ImageBitmap> {
  let bitmap;
  try {
    bitmap = await createImageBitmap(blob, EXACT);
  } catch (thrown) {
    const said = thrown instanceof Error ? thrown.message : String(thrown);
    throw badBody("decode", "the browser cannot decode it", said, { cause: thrown });
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

/** Reads an image tile by tile and puts it at its place in the upright photo. */
function readInto(
  data: Uint8ClampedArray,
  image: ImageBitmap | VideoFrame,
  area: Area,
  layout: Layout,
): void {
  const tileWidth = Math.min(area.width, TILE_WIDTH);
  const tileHeight = Math.min(area.height, Math.max(1, Math.floor(TILE_PIXELS / tileWidth)));
  const context = contextOf(tileWidth, tileHeight, area);
  const words = new Uint32Array(data.buffer);
  for (let top = 0; top < area.height; top += tileHeight) {
    for (let left = 0; left < area.width; left += tileWidth) {
      const width = Math.min(tileWidth, area.width - left);
      const height = Math.min(tileHeight, area.height - top);
      // Drawn over white, a pixel is Pillow's alpha_composite to the bit.
      context.fillRect(0, 0, width, height);
      context.drawImage(image, -left, -top);
      const tile = context.getImageData(0, 0, width, height).data;
      put(words, layout, new Uint32Array(tile.buffer), area.x + left, area.y + top, width);
    }
  }
}

function contextOf(width: number, height: number, photo: Area): OffscreenCanvasRenderingContext2D {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true, colorSpace: "srgb" });
  if (context === null) throw outOfMemory(photo.width, photo.height);
  context.imageSmoothingEnabled = false;
  context.fillStyle = "#fff";
  return context;
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
