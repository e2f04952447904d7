/**
 * What the file of a photo is made of, as far as that costs memory or time: the walks of `gemelo/preprocessing/parts.py`.
 *
 * They go the way that Pillow goes, and stop once there are too many parts: damage is left for others to find.
 */

import { told } from "../messages/message";
import { type Bytes, fourcc, joined, startsWith, u16, u32 } from "./bytes";
import * as limits from "./limits";
import type { Kind } from "./sniff";

const SOS = 0xda;
const EOI = 0xd9;
const DQT = 0xdb;
const TABLE_BYTES = 65;
const BLOCK_BYTES = 128;
const PARSED_SEGMENTS = [
  [0xe1, "Exif\0\0"],
  [0xed, "Photoshop 3.0\0"],
] as const;
const PARSED_CHUNKS = ["zTXt", "iTXt", "iCCP"];
const PROGRESSIVE = [0xc2, 0xc6, 0xca, 0xce];
const [TRAILER, EXTENSION, IMAGE, COMMENT, APPLICATION] = [0x3b, 0x21, 0x2c, 0xfe, 0xff];
const [RLE8, RLE4] = [1, 2];

/** What a file is made of. */
export class Parts {
  /** Parts with little content, and bytes that belong to none. */
  small = 0;
  /** Parts whose content is parsed or unpacked. */
  parsed = 0;
  /** What Pillow keeps a second time. */
  copiedBytes = 0;
  /** Of a JPEG that is decoded scan after scan; else 0. */
  scans = 0;
  /** What such a JPEG keeps between its scans. */
  coefficientBytes = 0;
  /** Whether the pixels are in run-length encoding. */
  isPacked = false;

  constructor(readonly fileBytes: number) {}

  /** Whether there are too many to go on counting. */
  get isFull(): boolean {
    const { small, parsed, scans } = this;
    return small > limits.MAX_SMALL_PARTS || parsed > limits.MAX_PARSED_PARTS || scans > limits.MAX_SCANS;
  }

  add(contentBytes: number): void {
    if (contentBytes < limits.SMALL_PART_BYTES) this.small += 1;
  }
}

export function countParts(kind: Kind, bytes: Bytes): Parts {
  const parts = new Parts(bytes.length);
  WALKS[kind](bytes, parts);
  return parts;
}

/** @throws PhotoError "too-large" where a file has too many parts. */
export function checkParts({ small, parsed, scans }: Parts): void {
  if (small > limits.MAX_SMALL_PARTS) {
    throw limits.tooLarge("parts", told("photo.parts", { limit: limits.MAX_SMALL_PARTS }));
  }
  if (parsed > limits.MAX_PARSED_PARTS) {
    throw limits.tooLarge("parts", told("photo.metadata", { limit: limits.MAX_PARSED_PARTS }));
  }
  if (scans > limits.MAX_SCANS) {
    throw limits.tooLarge("parts", told("photo.many-scans", { limit: limits.MAX_SCANS }));
  }
}

/** @throws PhotoError "too-large" where decoding takes too much, though the size is within the limits. */
export function checkWork(kind: Kind, width: number, height: number, parts: Parts, maxPixels: number): void {
  const [pixels, mostPixels] = [width * height, Math.max(maxPixels, limits.MAX_PIXELS)];
  if (parts.isPacked && (pixels > limits.MAX_RUN_PIXELS || parts.fileBytes > limits.MAX_RUN_BYTES)) {
    const most = { megapixels: limits.MAX_RUN_PIXELS / 1e6, mebibytes: limits.MAX_RUN_BYTES / 2 ** 20 };
    throw limits.tooLarge("parts", told("photo.runs", most));
  }
  if (parts.scans * pixels > limits.MAX_SCANNED_PICTURES * mostPixels) {
    throw limits.tooLarge("parts", told("photo.scans", { scans: parts.scans, width, height }));
  }
  const each = kind === "WEBP" ? limits.WEBP_PIXEL_BYTES : limits.PIXEL_BYTES;
  const needed = parts.fileBytes + parts.copiedBytes + parts.coefficientBytes + pixels * each;
  const most = limits.MEMORY_PER_PIXEL * mostPixels;
  if (needed > most) {
    const [megabytes, limit] = [Math.ceil(needed / 1e6), Math.ceil(most / 1e6)];
    throw limits.tooLarge("bytes", told("photo.memory-limit", { megabytes, limit }), "scale it down");
  }
}

/** To the first scan as Pillow's JpegImagePlugin goes, then from scan to scan as libjpeg does. */
function walkJpeg(bytes: Bytes, parts: Parts): void {
  let [at, frame] = [2, new Uint8Array()];
  while (at + 2 <= bytes.length && !parts.isFull) {
    if (bytes[at] !== 0xff) {
      const after = bytes.indexOf(0xff, at);
      const end = after >= 0 ? after : bytes.length;
      parts.small += end - at;
      at = end;
      continue;
    }
    const marker = bytes[at + 1]!;
    if (marker > 0 && marker < 0xc0) break; // Pillow refuses it
    at += marker === 0xff ? 1 : 2;
    if (!hasLength(marker)) {
      parts.small += 1;
      continue;
    }
    const end = at + Math.max(2, lengthAt(bytes, at));
    if (marker === SOS) {
      if (PROGRESSIVE.includes(frame[0]!) || (bytes[at + 2] ?? -1) < (frame[6] ?? -1)) {
        countScans(bytes, end, parts);
        parts.coefficientBytes = coefficientBytes(frame);
      }
      break;
    }
    parts.add(end - at - 2);
    if (PARSED_SEGMENTS.some(([own, magic]) => marker === own && startsWith(bytes, magic, at + 2)))
      parts.parsed += 1;
    if (isFrame(marker) || marker === DQT) parts.small += Math.floor((end - at - 2) / TABLE_BYTES);
    if (isFrame(marker)) frame = joined([Uint8Array.of(marker), bytes.subarray(at + 2, end)]);
    at = end;
  }
  parts.copiedBytes = Math.min(at, bytes.length);
}

/** As `int.from_bytes(data[at : at + 2], "big")` has it where the file ends within. */
const lengthAt = (bytes: Bytes, at: number): number =>
  at + 2 <= bytes.length ? u16(bytes, at) : (bytes[at] ?? 0);

/** Whether Pillow skips a marker's segment; of the others it skips the marker alone. */
export function hasLength(marker: number): boolean {
  const alone = marker === 0 || marker === 0xff || marker === 0xc8 || (marker >= 0xd0 && marker <= 0xd9);
  return !alone && !(marker >= 0xf0 && marker <= 0xfd);
}

export const isFrame = (marker: number): boolean =>
  marker === 0xde || (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker));

/** Counts the scans, of which the first begins at `at`, and the segments between them. */
function countScans(bytes: Bytes, at: number, parts: Parts): void {
  parts.scans = 1;
  while (!parts.isFull) {
    at = scanEnd(bytes, at);
    if (at < 0 || bytes[at + 1] === EOI) return;
    const marker = bytes[at + 1]!;
    if (marker === SOS) parts.scans += 1;
    at += 2;
    if (marker > 0x01 && marker !== 0xd8) {
      const length = lengthAt(bytes, at);
      parts.add(length);
      at += Math.max(2, length);
    }
  }
}

/** Where the next marker is that is no restart; -1 where there is none. */
function scanEnd(bytes: Bytes, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const marker = bytes[at + 1];
    if (marker === undefined) return -1;
    if (marker !== 0 && marker !== 0xff && (marker < 0xd0 || marker > 0xd7)) return at;
  }
  return -1;
}

/** Of all coefficients; the frame is its marker, depth, height, width, count of components, and these. */
function coefficientBytes(frame: Uint8Array): number {
  const [height, width] = [u16(frame, 2), u16(frame, 4)];
  let [across, down, blocks] = [0, 0, 0];
  for (let at = 8; at < frame.length; at += 3) {
    const [x, y] = [frame[at]! >> 4, frame[at]! & 15];
    [across, down, blocks] = [Math.max(across, x), Math.max(down, y), blocks + x * y];
  }
  if (across === 0 || down === 0) return 0; // libjpeg refuses it
  return Math.ceil(width / (8 * across)) * Math.ceil(height / (8 * down)) * blocks * BLOCK_BYTES;
}

function walkPng(bytes: Bytes, parts: Parts): void {
  for (let at = 8; at + 12 <= bytes.length && !parts.isFull;) {
    const [length, name] = [u32(bytes, at), fourcc(bytes, at + 4)];
    parts.add(length);
    if (PARSED_CHUNKS.includes(name)) parts.parsed += 1;
    if (name === "IEND") return;
    if (name !== "IDAT") parts.copiedBytes += Math.min(length, bytes.length - at);
    at += 12 + length;
  }
}

/** The chunks, those within frames among them. */
function walkWebp(bytes: Bytes, parts: Parts): void {
  parts.copiedBytes = bytes.length;
  const end = Math.min(bytes.length, 8 + littleAt(bytes, 4, 4));
  for (let at = 12; at + 8 <= end && !parts.isFull;) {
    const length = littleAt(bytes, at + 4, 4);
    parts.add(length);
    at += 8 + (fourcc(bytes, at) === "ANMF" ? 16 : length + (length & 1));
  }
}

/** The blocks to the first image. */
function walkGif(bytes: Bytes, parts: Parts): void {
  const flags = bytes[10] ?? 0;
  let at = 13 + ((flags & 128) === 0 ? 0 : 3 << ((flags & 7) + 1));
  while (at < bytes.length && !parts.isFull) {
    const block = bytes[at++];
    parts.small += 1;
    if (block === TRAILER || block === IMAGE) return;
    if (block === EXTENSION) at = skipExtension(bytes, at, parts);
  }
}

/** A label and its blocks; as Pillow has it, what follows an empty first one belongs to it, but in comments. */
function skipExtension(bytes: Bytes, at: number, parts: Parts): number {
  const [label, first] = [bytes[at], bytes[at + 1] ?? 0];
  if (first === 0) return label === COMMENT ? at + 2 : skipBlocks(bytes, at + 2, parts);
  const isLoop = label === APPLICATION && startsWith(bytes, "NETSCAPE2.0", at + 2);
  at += 2 + first;
  return skipBlocks(bytes, isLoop ? at + 1 + (bytes[at] ?? 0) : at, parts);
}

function skipBlocks(bytes: Bytes, at: number, parts: Parts): number {
  while (at < bytes.length && bytes[at]! > 0 && !parts.isFull) {
    parts.small += 1;
    at += 1 + bytes[at]!;
  }
  return at + 1;
}

function walkBmp(bytes: Bytes, parts: Parts): void {
  parts.isPacked = littleAt(bytes, 14, 4) >= 40 && [RLE8, RLE4].includes(littleAt(bytes, 30, 4));
}

/** Width and height by the header of a WebP: of the canvas, a lossless or a lossy picture; zeros where it is none. */
export function webpSize(bytes: Bytes): readonly [width: number, height: number] {
  const kind = fourcc(bytes, 12);
  if (kind === "VP8X") return [1 + littleAt(bytes, 24, 3), 1 + littleAt(bytes, 27, 3)];
  if (kind === "VP8 ") return [littleAt(bytes, 26, 2) & 0x3fff, littleAt(bytes, 28, 2) & 0x3fff];
  if (kind !== "VP8L") return [0, 0];
  const bits = littleAt(bytes, 21, 4);
  return [1 + (bits & 0x3fff), 1 + ((bits >>> 14) & 0x3fff)];
}

/** A number of so many bytes, lowest first; those beyond the end are 0. */
function littleAt(bytes: Bytes, at: number, count: number): number {
  let value = 0;
  for (let i = count - 1; i >= 0; i--) value = 256 * value + (bytes[at + i] ?? 0);
  return value;
}

const WALKS: Readonly<Record<Kind, (bytes: Bytes, parts: Parts) => void>> = {
  JPEG: walkJpeg,
  PNG: walkPng,
  WEBP: walkWebp,
  GIF: walkGif,
  BMP: walkBmp,
};
