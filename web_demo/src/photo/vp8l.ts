/**
 * Lossless WebP (WebP lossless bitstream specification), decoded here: a canvas keeps no exact color under an alpha.
 *
 * Pixels are words of ARGB, as the specification has them.
 */

import { told } from "../messages/message";
import type { Bytes } from "./bytes";
import { badBody } from "./error";
import { type Code, codeOf, entryOf } from "./prefix";
import { inverted, sum, type Transform } from "./vp8ltransforms";

const GREEN_LITERALS = 256;
const LENGTHS = 24;
const DISTANCES = 40;
// The order in which the lengths of the code for code lengths are stored (5.2.2 of the specification).
const ORDER = [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

// Where the pixels near the present one lie, by the first 120 codes for distances (4.2.2): 16 * dy + 8 - dx, in hex.
const NEAR = Uint8Array.from(
  (
    "1807171928062729161a262a38053739151b363a252b48044749141c353b464a242c58454b343c035759131d565a232d444c555b333d68026769121e" +
    "666a222e545c434d656b323e78017779535d111f646c424e767a212f757b313f636d525e00747c414f1020626e30737d515f40727e616f50717f6070"
  ).match(/../g)!,
  (hex) => parseInt(hex, 16),
);

const broken = (): Error => badBody("decode", told("damage.frame"), "broken lossless WebP");

/** Bits, lowest first. */
class Bits {
  private hold = 0;
  private count = 0;

  constructor(
    private readonly bytes: Bytes,
    private at: number,
  ) {}

  take(bits: number): number {
    this.fill(bits);
    const value = this.hold & ((1 << bits) - 1);
    this.drop(bits);
    return value;
  }

  symbol(code: Code): number {
    this.fill(15);
    const entry = entryOf(code, this.hold);
    this.drop(entry & 15);
    return entry >> 4;
  }

  /** Beyond the end there are zeros; `drop` tells. */
  private fill(bits: number): void {
    while (this.count < bits && this.at < this.bytes.length) {
      this.hold |= this.bytes[this.at++]! << this.count;
      this.count += 8;
    }
  }

  private drop(bits: number): void {
    if (bits > this.count) throw badBody("decode", told("damage.frame"), "it ends too early");
    this.hold >>>= bits;
    this.count -= bits;
  }
}

/** The five codes of a group: green with lengths and cached colors, red, blue, alpha, distances. */
type Group = readonly [green: Code, red: Code, blue: Code, alpha: Code, distance: Code];

/**
 * Decodes a VP8L chunk.
 *
 * @returns ARGB, row by row.
 * @throws PhotoError it is broken, or ends too early.
 */
export function decodeVp8l(content: Bytes, width: number, height: number): Uint32Array {
  // Signature, sizes and the bit for alpha were read from the header.
  const bits = new Bits(content, 5);
  const transforms: Transform[] = [];
  let across = width;
  while (bits.take(1) === 1) {
    const transform = readTransform(bits, across, height);
    if (transforms.some(({ kind }) => kind === transform.kind)) throw broken();
    transforms.push(transform);
    if (transform.kind === "palette") across = parts(across, transform.bits);
  }
  const pixels = decodeImage(bits, across, height, true);
  return transforms.reduceRight((argb, transform) => inverted(transform, argb, height), pixels);
}

/** How many blocks of 2^bits pixels cover so many pixels. */
const parts = (pixels: number, bits: number): number => (pixels + (1 << bits) - 1) >> bits;

function readTransform(bits: Bits, width: number, height: number): Transform {
  const type = bits.take(2);
  if (type === 2) return { kind: "green", width };
  if (type === 3) return readPalette(bits, width);
  const size = bits.take(3) + 2;
  const blocks = decodeImage(bits, parts(width, size), parts(height, size), false);
  return { kind: type === 0 ? "predictor" : "color", width, bits: size, blocks };
}

/** Up to 256 colors, each stored as its difference from the one before. */
function readPalette(bits: Bits, width: number): Transform {
  const count = bits.take(8) + 1;
  const colors = decodeImage(bits, count, 1, false);
  for (let i = 1; i < count; i++) colors[i] = sum(colors[i]!, colors[i - 1]!);
  const packed = count > 16 ? 0 : count > 4 ? 1 : count > 2 ? 2 : 3;
  return { kind: "palette", width, bits: packed, colors };
}

function decodeImage(bits: Bits, width: number, height: number, isMain: boolean): Uint32Array {
  const cacheBits = bits.take(1) === 1 ? bits.take(4) : 0;
  if (cacheBits > 11) throw broken();
  let groupOf: Uint32Array | null = null;
  let precision = 0;
  if (isMain && bits.take(1) === 1) {
    precision = bits.take(3) + 2;
    const image = decodeImage(bits, parts(width, precision), parts(height, precision), false);
    groupOf = image.map((argb) => (argb >> 8) & 0xffff);
  }
  const count = 1 + (groupOf?.reduce((most, group) => Math.max(most, group), 0) ?? 0);
  const cached = cacheBits === 0 ? 0 : 1 << cacheBits;
  // Bounded by the file: each group takes bits of it.
  const groups = Array.from({ length: count }, () => readGroup(bits, cached));
  const across = parts(width, precision);
  const groupAt = (x: number, y: number): Group =>
    groups[groupOf === null ? 0 : groupOf[(y >> precision) * across + (x >> precision)]!]!;
  return decodePixels(bits, width, height, groupAt, precision === 0 ? width : 1 << precision, cacheBits);
}

function decodePixels(
  bits: Bits,
  width: number,
  height: number,
  groupAt: (x: number, y: number) => Group,
  block: number,
  cacheBits: number,
): Uint32Array {
  const argb = new Uint32Array(width * height);
  const cache = new Uint32Array(cacheBits === 0 ? 0 : 1 << cacheBits);
  const keep = (pixel: number): void => {
    if (cacheBits > 0) cache[(Math.imul(0x1e35a7bd, pixel) >>> 0) >>> (32 - cacheBits)] = pixel;
  };
  let group = groupAt(0, 0);
  let x = 0;
  for (let at = 0; at < argb.length;) {
    if (x % block === 0) group = groupAt(x, (at - x) / width);
    const symbol = bits.symbol(group[0]);
    if (symbol < GREEN_LITERALS || symbol >= GREEN_LITERALS + LENGTHS) {
      const pixel =
        symbol < GREEN_LITERALS ? literal(bits, group, symbol) : cache[symbol - GREEN_LITERALS - LENGTHS]!;
      keep((argb[at++] = pixel));
      if (++x === width) x = 0;
      continue;
    }
    const length = number(bits, symbol - GREEN_LITERALS);
    const distance = distanceOf(number(bits, bits.symbol(group[4])), width);
    if (distance > at || at + length > argb.length) throw broken();
    for (const end = at + length; at < end; at++) keep((argb[at] = argb[at - distance]!));
    x = at % width;
    if (at < argb.length) group = groupAt(x, (at - x) / width);
  }
  return argb;
}

function literal(bits: Bits, [, reds, blues, alphas]: Group, green: number): number {
  const [red, blue, alpha] = [bits.symbol(reds), bits.symbol(blues), bits.symbol(alphas)];
  return ((alpha << 24) | (red << 16) | (green << 8) | blue) >>> 0;
}

/** A length or distance by its prefix (4.2.2). */
function number(bits: Bits, prefix: number): number {
  if (prefix < 4) return prefix + 1;
  const extra = (prefix - 2) >> 1;
  return ((2 + (prefix & 1)) << extra) + bits.take(extra) + 1;
}

function distanceOf(code: number, width: number): number {
  if (code > NEAR.length) return code - NEAR.length;
  const near = NEAR[code - 1]!;
  return Math.max(1, (near >> 4) * width + 8 - (near & 15));
}

function readGroup(bits: Bits, cached: number): Group {
  const sizes = [GREEN_LITERALS + LENGTHS + cached, 256, 256, 256, DISTANCES];
  return sizes.map((size) => readCode(bits, size)) as unknown as Group;
}

function readCode(bits: Bits, size: number): Code {
  const lengths = new Uint8Array(size);
  if (bits.take(1) === 1) {
    const symbols = bits.take(1) + 1;
    const first = bits.take(bits.take(1) === 0 ? 1 : 8);
    const all = symbols === 2 ? [first, bits.take(8)] : [first];
    for (const symbol of all) if (symbol < size) lengths[symbol] = 1;
  } else {
    readLengths(bits, lengths);
  }
  const code = codeOf(lengths, "webp");
  if (code === null) throw broken();
  return code;
}

function readLengths(bits: Bits, lengths: Uint8Array): void {
  const small = new Uint8Array(19);
  const stored = 4 + bits.take(4);
  for (let i = 0; i < stored; i++) small[ORDER[i]!] = bits.take(3);
  const code = codeOf(small, "webp");
  if (code === null) throw broken();
  let left = lengths.length;
  if (bits.take(1) === 1) left = 2 + bits.take(2 + 2 * bits.take(3));
  if (left > lengths.length) throw broken();
  let before = 8;
  for (let at = 0; at < lengths.length && left > 0; left--) {
    const symbol = bits.symbol(code);
    if (symbol < 16) {
      lengths[at++] = symbol;
      if (symbol > 0) before = symbol;
      continue;
    }
    const times = symbol === 16 ? 3 + bits.take(2) : symbol === 17 ? 3 + bits.take(3) : 11 + bits.take(7);
    if (at + times > lengths.length) throw broken();
    lengths.fill(symbol === 16 ? before : 0, at, at + times);
    at += times;
  }
}
