/**
 * The orientation in an EXIF block, read as Pillow reads it, whatever browsers make of it.
 *
 * Any number that is 1 to 8 counts, be it written as a short, a float or a fraction; the first entry with content
 * wins; entries before the damage count; everything else is no orientation.
 */

import { type Bytes, joined, startsWith } from "./bytes";

const ORIENTATION = 0x0112;
const HEADERS = ["MM\0*", "II*\0", "MM*\0", "II\0*"]; // the last two are wrong, and known to Pillow
const RATIONAL = 5;
const SIGNED_RATIONAL = 10;

type Read = (view: DataView, at: number, little: boolean) => number;

// Types of TIFF 6.0 (and 16 of BigTIFF) by their numbers: bytes of one value, and how to read it where it is a number.
const TYPES: Readonly<Record<number, readonly [size: number, read: Read | null]>> = {
  1: [1, null],
  2: [1, null],
  3: [2, (view, at, little) => view.getUint16(at, little)],
  4: [4, (view, at, little) => view.getUint32(at, little)],
  [RATIONAL]: [8, (view, at, little) => view.getUint32(at, little) / view.getUint32(at + 4, little)],
  6: [1, (view, at) => view.getInt8(at)],
  7: [1, null],
  8: [2, (view, at, little) => view.getInt16(at, little)],
  9: [4, (view, at, little) => view.getInt32(at, little)],
  [SIGNED_RATIONAL]: [8, (view, at, little) => view.getInt32(at, little) / view.getInt32(at + 4, little)],
  11: [4, (view, at, little) => view.getFloat32(at, little)],
  12: [8, (view, at, little) => view.getFloat64(at, little)],
  13: [4, (view, at, little) => view.getUint32(at, little)],
  16: [8, (view, at, little) => Number(view.getBigUint64(at, little))],
};

/** 1 to 8; 1 where there is none. */
export function orientation(exif: Bytes | null): number {
  if (exif === null) return 1;
  let start = 0;
  while (start < 12 && startsWith(exif, "Exif\0\0", start)) start += 6;
  const value = search(exif.subarray(start));
  return Number.isInteger(value) && value >= 1 && value <= 8 ? value : 1;
}

/** Walks the first directory for the tag; NaN where it is not found or no number. */
function search(tiff: Bytes): number {
  if (tiff.length < 8 || !HEADERS.some((header) => startsWith(tiff, header))) return NaN;
  const little = startsWith(tiff, "II");
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const offset = view.getUint32(4, little);
  if (offset + 2 > tiff.length) return NaN;
  const count = view.getUint16(offset, little);
  let budget = tiff.length;
  for (let at = offset + 2; at < offset + 2 + 12 * count; at += 12) {
    if (at + 12 > tiff.length) return NaN;
    const [size, read] = TYPES[view.getUint16(at + 2, little)] ?? [0, null];
    const bytes = size * view.getUint32(at + 4, little);
    let data = at + 8;
    if (bytes > 4) {
      budget -= bytes;
      if (budget < 0) continue;
      data = view.getUint32(data, little);
      if (data + bytes > tiff.length) return NaN;
    }
    if (view.getUint16(at, little) !== ORIENTATION || bytes === 0) continue;
    return read === null ? NaN : read(view, data, little);
  }
  return NaN;
}

/** What a JPEG says in several segments, as one block: the name "Exif" stands in front of the first alone. */
export function joinExif(segments: readonly Bytes[]): Bytes | null {
  if (segments.length === 0) return null;
  return joined(segments.map((segment, i) => (i === 0 ? segment : segment.subarray(6))));
}

/** Whether the content of a JPEG's segment is an EXIF block. */
export const isExif = (segment: Bytes): boolean => startsWith(segment, "Exif\0\0");
