/**
 * BMP, decoded here: browsers and Pillow differ on 16 bits a pixel, on unused alpha, and on which headers are valid.
 *
 * A port of Pillow's BmpImagePlugin; the header here, the pixels in bmpixels.ts.
 */

import { type Bytes, Reader } from "./bytes";
import { type Layout, paintBmp } from "./bmpixels";
import { badHeader } from "./error";
import type { Opened } from "./photo";
import { bmpVariant, notRead } from "./sniff";

const OS2 = 12;
const HEADERS = [40, 52, 56, 64, 108, 124];
const [RAW, RLE8, RLE4, BITFIELDS] = [0, 1, 2, 3];

/** Bytes of a pixel in the order of memory, by the masks of red, green, blue and alpha; X is unused. */
const ORDERS: Readonly<Record<string, string>> = {
  "ff0000,ff00,ff,0": "BGRX",
  "ff000000,ff0000,ff00,0": "XBGR",
  "ff000000,ff00,ff,0": "BGXR",
  "ff000000,ff0000,ff00,ff": "ABGR",
  "ff,ff00,ff0000,ff000000": "RGBA",
  "ff0000,ff00,ff,ff000000": "BGRA",
  "ff000000,ff00,ff,ff0000": "BGAR",
  "0,0,0,0": "BGRA",
};
const SHORT_ORDERS: Readonly<Record<string, string>> = { "f800,7e0,1f": "565", "7c00,3e0,1f": "555" };

interface Header {
  readonly size: number;
  readonly width: number;
  readonly height: number;
  readonly topDown: boolean;
  readonly bits: number;
  readonly compression: number;
  readonly colors: number;
  readonly masks: readonly number[] | null;
}

export function openBmp(bytes: Bytes): Opened {
  const variant = bmpVariant(bytes);
  if (variant !== null) throw notRead(variant);
  const reader = new Reader(bytes, "BMP", 10);
  const offset = reader.u32le();
  const header = readHeader(reader);
  const { width, height, bits } = header;
  const order = orderOf(header);
  const paletted = bits <= 8 ? readPalette(reader, header) : null;
  if (width === 0 || height === 0) throw badHeader("BMP", "not identified by this driver");
  const inPalette = offset === 14 + header.size && bits <= 8;
  const beyond = inPalette ? offset + (header.size === OS2 ? 3 : 4) * header.colors : offset;
  const layout: Layout = {
    width,
    height,
    topDown: header.topDown,
    bits,
    order,
    at: beyond === 0 ? reader.at : beyond,
    rle: header.compression === RLE8 ? 8 : header.compression === RLE4 ? 4 : 0,
    palette: paletted?.colors ?? null,
    grey: paletted?.grey ?? false,
    colors: header.colors,
  };
  return { width, height, exif: null, picture: () => paintBmp(bytes, layout) };
}

function readHeader(reader: Reader): Header {
  const size = reader.u32le();
  const content = new Reader(reader.take(size - 4), "BMP");
  if (size === OS2) {
    const [width, height, , bits] = [content.u16le(), content.u16le(), content.u16le(), content.u16le()];
    return { size, width, height, topDown: false, bits, compression: RAW!, colors: 2 ** bits, masks: null };
  }
  if (!HEADERS.includes(size)) throw badHeader("BMP", `Unsupported BMP header type (${size})`);
  const [width, rows] = [content.u32le(), content.u32le()];
  const topDown = content.bytes[7] === 0xff;
  content.take(2);
  const [bits, compression] = [content.u16le(), content.u32le()];
  content.take(12);
  const colors = content.u32le() || 2 ** bits;
  const masks = compression === BITFIELDS ? readMasks(reader, content.bytes) : null;
  return { size, width, height: topDown ? 2 ** 32 - rows : rows, topDown, bits, compression, colors, masks };
}

/** Within longer headers, else behind them and without alpha. */
function readMasks(reader: Reader, content: Bytes): number[] {
  const inside = content.length >= 48;
  const masks = inside ? new Reader(content, "BMP", 36) : reader;
  const rgb = [masks.u32le(), masks.u32le(), masks.u32le()];
  return [...rgb, content.length >= 52 ? masks.u32le() : 0];
}

/** How a pixel lies in memory; empty for palettes. */
function orderOf({ bits, compression, masks }: Header): string {
  if (![1, 4, 8, 16, 24, 32].includes(bits)) throw badHeader("BMP", `Unsupported BMP pixel depth (${bits})`);
  if (compression === BITFIELDS) {
    const names = (masks ?? []).map((mask) => mask.toString(16));
    const rgb = names.slice(0, 3).join();
    const order =
      bits === 32
        ? ORDERS[names.join()]
        : bits === 16
          ? SHORT_ORDERS[rgb]
          : rgb === "ff0000,ff00,ff"
            ? "BGR"
            : undefined;
    if (bits <= 8) throw badHeader("BMP", "Unsupported BMP bitfields layout");
    if (order === undefined) throw notRead("bmp-pixels");
    return order;
  }
  if (![RAW, RLE8, RLE4].includes(compression))
    throw badHeader("BMP", `Unsupported BMP compression (${compression})`);
  return { 16: "555", 24: "BGR", 32: "BGRX" }[bits] ?? "";
}

function readPalette(reader: Reader, { size, colors }: Header): { colors: Bytes; grey: boolean } {
  if (colors > 65536) throw badHeader("BMP", `Unsupported BMP Palette size (${colors})`);
  const step = size === OS2 ? 3 : 4;
  const bytes = reader.take(Math.min(step * colors, reader.left));
  const rgb = new Uint8Array(3 * Math.floor(bytes.length / step));
  for (let i = 0; 3 * i < rgb.length; i++) {
    for (let channel = 0; channel < 3; channel++) rgb[3 * i + channel] = bytes[step * i + 2 - channel]!;
  }
  const greyOf = (i: number): number => (colors === 2 ? 255 * i : i & 255);
  const grey = rgb.length === 3 * colors && rgb.every((value, at) => value === greyOf(Math.floor(at / 3)));
  return { colors: rgb, grey };
}
