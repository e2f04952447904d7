/**
 * GIF, decoded here: browsers and Pillow differ on what surrounds a small first frame, on missing palettes, and more.
 *
 * A port of Pillow's GifImagePlugin and GifDecode.c, the first frame only.
 */

import { told } from "../messages/message";
import { type Bytes, Reader, startsWith } from "./bytes";
import { badBody, badHeader } from "./error";
import { lzw } from "./lzw";
import type { Opened } from "./photo";

const EXTENSION = 0x21;
const IMAGE = 0x2c;
const TRAILER = 0x3b;
const GRAPHIC_CONTROL = 249;
const COMMENT = 254;
const APPLICATION = 255;

interface Frame {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly interlaced: boolean;
  /** Its own palette; "grey" where that says nothing but 0, 1, 2, ...; null where it has none. */
  readonly palette: Palette | null;
  /** The bits of its smallest LZW code, less one; `at` is where the codes begin. */
  readonly bits: number;
  readonly at: number;
}

type Palette = Bytes | "grey";

export function openGif(bytes: Bytes): Opened {
  const reader = new Reader(bytes, "GIF", 6);
  const [canvasWidth, canvasHeight, flags] = [reader.u16le(), reader.u16le(), reader.u8()];
  reader.take(2);
  const shared = (flags & 128) === 0 ? "grey" : readPalette(reader, flags);
  const { frame, clear } = readFrame(reader);
  const width = Math.max(canvasWidth, frame.x + frame.width);
  const height = Math.max(canvasHeight, frame.y + frame.height);
  if (width < 1 || height < 1) throw badHeader("GIF", "not identified by this driver");
  const colors = colorTable(frame.palette ?? shared, clear);
  return {
    width,
    height,
    exif: null,
    picture: () => paint(bytes, width, height, frame, colors, clear ?? 0),
  };
}

function readPalette(reader: Reader, flags: number): Palette {
  const colors = reader.take(Math.min(3 << ((flags & 7) + 1), reader.left));
  return colors.every((value, i) => value === Math.floor(i / 3)) ? "grey" : colors;
}

/** All blocks up to the first image; a transparency holds until another is said. */
function readFrame(reader: Reader): { frame: Frame; clear: number | null } {
  let clear: number | null = null;
  while (reader.left > 0) {
    const block = reader.u8();
    if (block === TRAILER) break;
    if (block === EXTENSION) clear = readExtension(reader) ?? clear;
    if (block === IMAGE) return { frame: readImage(reader), clear };
  }
  throw badHeader("GIF", "no more images in GIF file");
}

/** The transparent color that an extension names, or null. */
function readExtension(reader: Reader): number | null {
  const label = reader.u8();
  const content = readBlock(reader);
  if (label === GRAPHIC_CONTROL && content !== null) {
    const named = (content[0]! & 1) !== 0;
    if (content.length < (named ? 4 : 3)) throw badHeader("GIF", "index out of range");
    skipBlocks(reader);
    return named ? content[3]! : null;
  }
  // As Pillow has it, a first block that is empty does not end an extension, nor does an empty count of rounds.
  if (label === APPLICATION && content !== null && startsWith(content, "NETSCAPE2.0")) readBlock(reader);
  if (content !== null || label !== COMMENT) skipBlocks(reader);
  return null;
}

/** One block of data; null at its end. What is cut off at the file's end is left short, as in Pillow. */
function readBlock(reader: Reader): Bytes | null {
  const size = reader.left > 0 ? reader.u8() : 0;
  return size === 0 ? null : reader.take(Math.min(size, reader.left));
}

function skipBlocks(reader: Reader): void {
  while ((readBlock(reader)?.length ?? 0) > 0);
}

function readImage(reader: Reader): Frame {
  const [x, y, width, height] = [reader.u16le(), reader.u16le(), reader.u16le(), reader.u16le()];
  const flags = reader.u8();
  const palette = (flags & 128) === 0 ? null : readPalette(reader, flags);
  const bits = reader.u8();
  return { x, y, width, height, palette, bits, interlaced: (flags & 64) !== 0, at: reader.at };
}

/** RGBA of the 256 indices: black where the palette ends, and the transparent one as the white that lies below. */
function colorTable(palette: Palette, clear: number | null): Uint8Array {
  const table = new Uint8Array(1024);
  for (let i = 0; i < 256; i++) {
    const grey = i === clear ? 255 : palette === "grey" ? i : 0;
    table.set([grey, grey, grey, 255], 4 * i);
    if (i !== clear && palette !== "grey" && 3 * i < palette.length)
      table.set(palette.subarray(3 * i, 3 * i + 3), 4 * i);
  }
  return table;
}

function paint(
  bytes: Bytes,
  width: number,
  height: number,
  frame: Frame,
  colors: Uint8Array,
  background: number,
): Uint8ClampedArray {
  if (frame.width === 0 || frame.height === 0) throw badBody("decode", told("damage.tile"));
  const indices = lzw(bytes.subarray(frame.at), frame.bits, frame.width * frame.height);
  const pixels = new Uint8ClampedArray(4 * width * height);
  const words = new Uint32Array(pixels.buffer);
  const table = new Uint32Array(colors.buffer);
  words.fill(table[background]!);
  const rows = frame.interlaced ? interlacedRows(frame.height) : null;
  for (let row = 0, at = 0; row < frame.height; row++) {
    const start = (frame.y + (rows?.[row] ?? row)) * width + frame.x;
    for (let x = 0; x < frame.width; x++) words[start + x] = table[indices[at++]!]!;
  }
  return pixels;
}

/** Every eighth row, then those between, and so on (GIF89a, appendix E). */
function interlacedRows(height: number): number[] {
  const rows: number[] = [];
  for (const [first, step] of [
    [0, 8],
    [4, 8],
    [2, 4],
    [1, 2],
  ] as const) {
    for (let row = first; row < height; row += step) rows.push(row);
  }
  return rows;
}
