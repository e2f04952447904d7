/**
 * Whether the browser's decoders and its canvas give the exact pixels that Python has: asked once, before any photo.
 *
 * Known pictures are decoded by the very path that photos take, and their pixels are held to Python's. Two pictures of
 * a megapixel go the same way: one of a million colors, for canvases that change a few pixels or a few colors, and a
 * JPEG, for decoders that treat large files otherwise. What is rarer still is left to `byCanvas`, which reads every
 * photo twice.
 */

import { sha256 } from "../engine/sha256";
import { type Bytes, joined } from "./bytes";
import { byCanvas, fromFrame, type Pixels } from "./canvas";
import { orientation } from "./exif";
import { openJpeg } from "./jpeg";
import { CAMERA, KNOWN, type Known } from "./known";
import type { Encoded, Opener } from "./photo";
import { upright } from "./upright";
import { openWebp } from "./webp";

/** What the browser itself does exactly. */
export interface Proof {
  readonly jpeg: boolean;
  readonly webp: boolean;
  /** Whether a canvas gives back the pixels that were drawn on it. */
  readonly canvas: boolean;
}

export const NOTHING: Proof = { jpeg: false, webp: false, canvas: false };

const SIDE = 1024;
// Odd, so that its multiples take a new value of 24 bits each.
const STEP = 0x9e3779;
const OPENERS: Readonly<Record<Known["format"], Opener>> = { jpeg: openJpeg, webp: openWebp };

export async function prove(): Promise<Proof> {
  if (!(await holds(isCanvasExact))) return NOTHING;
  const isFormatExact = async (format: Known["format"]): Promise<boolean> => {
    const checks = KNOWN.filter((known) => known.format === format).map((known) =>
      holds(() => isExact(known)),
    );
    return (await Promise.all(checks)).every((exact) => exact);
  };
  const [jpeg, webp, large] = await Promise.all([
    isFormatExact("jpeg"),
    isFormatExact("webp"),
    holds(isLargeJpegExact),
  ]);
  return { jpeg: jpeg && large, webp, canvas: true };
}

/** A check that cannot be made has failed, whatever was thrown. */
const holds = (check: () => Promise<boolean>): Promise<boolean> => check().catch(() => false);

async function isCanvasExact(): Promise<boolean> {
  const drawn = Uint32Array.from({ length: SIDE * SIDE }, (_, i) => Math.imul(i, STEP) | 0xff000000);
  const image = new ImageData(new Uint8ClampedArray(drawn.buffer), SIDE, SIDE);
  const bitmap = await createImageBitmap(image, { colorSpaceConversion: "none" });
  try {
    return isSame(wordsOf(fromFrame(bitmap)), drawn);
  } finally {
    bitmap.close();
  }
}

async function isExact({ format, bytes, pixels }: Known): Promise<boolean> {
  const { width, height, exif, picture } = OPENERS[format](bytes);
  const { data } = await byCanvas(picture as Encoded, upright(width, height, orientation(exif)));
  return (await sha256(new Uint8Array(data.buffer as ArrayBuffer))) === pixels;
}

// Rows of pixels in a row of blocks, where colors have half the resolution.
const ROWS = 16;
// Smoothed colors look half a row of blocks up and down: from here on, rows repeat while the rows of blocks do.
const FIRST = ROWS + ROWS / 2;

/** The known JPEG, and one of a megapixel made of it: the same rows, the middle ones again and again. */
async function isLargeJpegExact(): Promise<boolean> {
  const { width } = openJpeg(CAMERA.bytes);
  const times = Math.ceil((SIDE * SIDE) / (ROWS * width));
  const [small, large] = await Promise.all([CAMERA.bytes, repeated(CAMERA.bytes, times)].map(decodedFlat));
  const rows = (words: Uint32Array, from: number, count: number): Uint32Array =>
    words.subarray(width * from, width * (from + count));
  const last = FIRST + ROWS * (times - 1);
  if (!isSame(rows(large!, 0, FIRST), rows(small!, 0, FIRST))) return false;
  for (let at = FIRST; at < last; at += ROWS) {
    if (!isSame(rows(large!, at, ROWS), rows(small!, FIRST, ROWS))) return false;
  }
  return isSame(rows(large!, last, FIRST), rows(small!, FIRST + ROWS, FIRST));
}

async function decodedFlat(bytes: Bytes): Promise<Uint32Array> {
  const { width, height, picture } = openJpeg(bytes);
  return wordsOf(await byCanvas(picture as Encoded, upright(width, height, 1)));
}

/** Of a JPEG with four rows of blocks, each closed by a restart marker, one with the second of them many times. */
export function repeated(bytes: Bytes, times: number): Bytes {
  const marks = [0, 1, 2].map((i) => find(bytes, 0xd0 + i));
  const [first, second] = [bytes.slice(0, marks[0]), bytes.subarray(marks[0]! + 2, marks[1])];
  new DataView(first.buffer).setUint16(find(first, 0xc0) + 5, ROWS * (times + 2));
  const restart = (i: number): Uint8Array => Uint8Array.of(0xff, 0xd0 + (i % 8));
  const middle = Array.from({ length: times }, (_, i) => [restart(i), second]).flat();
  return joined([first, ...middle, restart(times), bytes.subarray(marks[2]! + 2)]);
}

function find(bytes: Bytes, marker: number): number {
  return bytes.findIndex((byte, at) => byte === 0xff && bytes[at + 1] === marker);
}

const wordsOf = ({ data }: Pixels): Uint32Array => new Uint32Array(data.buffer);

function isSame(one: Uint32Array, other: Uint32Array): boolean {
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}
