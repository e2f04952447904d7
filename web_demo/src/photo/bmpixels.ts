/** The pixels of a BMP: raw rows or runs, as Pillow's raw decoder and its BmpRleDecoder read them. */

import { told } from "../messages/message";
import type { Bytes } from "./bytes";
import { badBody } from "./error";
import { Runs } from "./bmpruns";
import { overWhite } from "./photo";

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly topDown: boolean;
  readonly bits: number;
  /** "BGR", "BGRX", ..., "555", "565"; empty with a palette. */
  readonly order: string;
  /** Where the pixels begin. */
  readonly at: number;
  /** 8 or 4 where the pixels are packed as runs. */
  readonly rle: number;
  /** RGB of the indices. */
  readonly palette: Bytes | null;
  /** Whether the palette says nothing but 0, 1, 2, ... (or black and white). */
  readonly grey: boolean;
  readonly colors: number;
}

/** Writes `width` pixels of the row that begins at `from`; `to` counts in bytes of RGBA. */
type Row = (from: number, out: Uint8ClampedArray, to: number) => void;

export function paintBmp(bytes: Bytes, layout: Layout): Uint8ClampedArray {
  const { width, height, topDown, rle } = layout;
  const runs = rle === 0 ? null : unpack(bytes, layout);
  const source = runs ?? bytes;
  const start = runs === null ? layout.at : 0;
  const needed = runs === null ? bytesOfRow(layout) : width;
  const stride = runs === null ? Math.floor((width * layout.bits + 31) / 8 / 4) * 4 : width;
  if (needed > stride) throw badBody("decode", told("damage.configuration"));
  if (start + stride * (height - 1) + needed > source.length)
    throw badBody("decode", told("damage.truncated"));
  const out = new Uint8ClampedArray(4 * width * height);
  const paintRow = layout.palette === null ? direct(source, layout) : indexed(source, layout);
  for (let row = 0; row < height; row++) {
    paintRow(start + stride * row, out, 4 * width * (topDown ? row : height - 1 - row));
  }
  return out;
}

function unpack(bytes: Bytes, { width, height, at, rle, palette, grey, colors }: Layout): Bytes {
  if (palette === null || (grey && colors <= 2)) throw badBody("decode", told("damage.raw-mode"));
  return new Runs(bytes, at, width, height, rle === 4).unpack();
}

/** The bits of one index: a grey palette makes Pillow read whole bytes, or single bits where it has two colors. */
function indexBits({ bits, grey, colors, rle }: Layout): number {
  if (rle !== 0) return 8;
  return grey ? (colors <= 2 ? 1 : 8) : bits;
}

function bytesOfRow(layout: Layout): number {
  return Math.ceil((layout.width * (layout.palette === null ? layout.bits : indexBits(layout))) / 8);
}

function indexed(source: Bytes, layout: Layout): Row {
  const { width, palette, grey, colors } = layout;
  const bits = indexBits(layout);
  const table = new Uint8Array(1024);
  for (let i = 0; i < 256; i++) {
    const own = palette!.subarray(3 * i, 3 * i + 3);
    const shade = colors <= 2 ? (i === 0 ? 0 : 255) : i;
    table.set(grey ? [shade, shade, shade] : own, 4 * i);
    table[4 * i + 3] = 255;
  }
  if (!grey && colors > 256) throw badBody("decode", told("damage.palette-size"));
  const words = new Uint32Array(table.buffer);
  const mask = (1 << bits) - 1;
  return (from, out, to) => {
    const target = new Uint32Array(out.buffer, to, width);
    for (let x = 0; x < width; x++) {
      const bit = x * bits;
      const byte = source[from + (bit >> 3)]!;
      target[x] = words[(byte >> (8 - bits - (bit & 7))) & mask]!;
    }
  };
}

function direct(source: Bytes, { width, order }: Layout): Row {
  if (order === "555" || order === "565") return short(source, width, order === "565" ? 63 : 31);
  const [red, green, blue, alpha] = [..."RGBA"].map((channel) => order.indexOf(channel)) as [
    number,
    number,
    number,
    number,
  ];
  const step = order.length;
  return (from, out, to) => {
    for (let end = to + 4 * width; to < end; to += 4, from += step) {
      const a = alpha < 0 ? 255 : source[from + alpha]!;
      out[to] = overWhite(source[from + red]!, a);
      out[to + 1] = overWhite(source[from + green]!, a);
      out[to + 2] = overWhite(source[from + blue]!, a);
      out[to + 3] = 255;
    }
  };
}

/** Two bytes a pixel: five bits for blue, five or six for green, five for red. */
function short(source: Bytes, width: number, greens: number): Row {
  const shift = greens === 63 ? 11 : 10;
  return (from, out, to) => {
    for (let end = to + 4 * width; to < end; to += 4, from += 2) {
      const pixel = source[from]! | (source[from + 1]! << 8);
      out[to] = Math.floor((((pixel >> shift) & 31) * 255) / 31);
      out[to + 1] = Math.floor((((pixel >> 5) & greens) * 255) / greens);
      out[to + 2] = Math.floor(((pixel & 31) * 255) / 31);
      out[to + 3] = 255;
    }
  };
}
