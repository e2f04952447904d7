/** The pixels of a PNG: unpacked no further than its header allows, unfiltered, and painted over white. */

import { told } from "../messages/message";
import type { Bytes } from "./bytes";
import { badBody } from "./error";
import { inflate, InflateError } from "./inflate";
import { overWhite } from "./photo";
import type { Layout as Upright } from "./upright";

// Color types (PNG specification, 11.2.1), and how many samples a pixel has.
export const GREY = 0;
export const RGB = 2;
export const PALETTE = 3;
const GREY_ALPHA = 4;
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

const WHITE = 0xffffffff;
// Adam7 (8.2): where each pass begins, and its steps.
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** How the pixels lie in the unpacked stream. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  /** Bits of a sample: 1, 2, 4 or 8. */
  readonly depth: number;
  readonly color: number;
  readonly interlaced: boolean;
  /** RGB of 256 colors. */
  readonly palette: Bytes | null;
  /** Alphas of the palette's first colors, or the samples of the one clear color. */
  readonly clear: readonly number[] | null;
}

interface Pass {
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
  readonly width: number;
  readonly height: number;
  /** Bytes of a row, its filter not counted. */
  readonly stride: number;
}

/** RGBA of the upright photo, opaque. */
export function paintPng(stream: Bytes, layout: Layout, upright: Upright): Uint8ClampedArray {
  const passes = passesOf(layout);
  const rows = unpacked(stream, passes);
  const data = new Uint8ClampedArray(4 * layout.width * layout.height);
  const words = new Uint32Array(data.buffer);
  const wordAt = reader(layout, rows);
  const apart = Math.max(1, (SAMPLES[layout.color]! * layout.depth) >> 3);
  let start = 0;
  for (const pass of passes) {
    unfilter(rows, start, pass, apart);
    for (let row = 0; row < pass.height; row++, start += 1 + pass.stride) {
      let to = upright.start + pass.x * upright.right + (pass.y + row * pass.dy) * upright.down;
      const step = pass.dx * upright.right;
      for (let x = 0; x < pass.width; x++, to += step) words[to] = wordAt(start + 1, x);
    }
  }
  return data;
}

function passesOf({ width, height, depth, color, interlaced }: Layout): Pass[] {
  const grids = interlaced ? PASSES : [[0, 0, 1, 1] as const];
  return grids
    .map(([x, y, dx, dy]) => {
      const [across, down] = [Math.ceil((width - x) / dx), Math.ceil((height - y) / dy)];
      const stride = Math.ceil((across * SAMPLES[color]! * depth) / 8);
      return { x, y, dx, dy, width: across, height: down, stride };
    })
    .filter((pass) => pass.width > 0 && pass.height > 0);
}

function unpacked(stream: Bytes, passes: readonly Pass[]): Bytes {
  const wanted = passes.reduce((sum, { stride, height }) => sum + (1 + stride) * height, 0);
  try {
    const { bytes } = inflate(stream, wanted);
    if (bytes.length < wanted) throw badBody("png-truncated", told("damage.pixels"));
    return bytes;
  } catch (thrown) {
    if (thrown instanceof InflateError) throw badBody("decode", told("damage.data"), thrown.message);
    throw thrown;
  }
}

/** Undoes the filters of a pass (9.2) where its rows lie. */
function unfilter(rows: Bytes, start: number, { height, stride }: Pass, apart: number): void {
  for (let row = 0, at = start; row < height; row++, at += 1 + stride) {
    const filter = rows[at]!;
    if (filter > 4) throw badBody("decode", told("damage.contents"));
    FILTERS[filter]!(rows, at + 1, at + 1 + stride, row === 0 ? 0 : 1 + stride, apart);
  }
}

/** Undoes a filter from `at` to `end`; the row above lies `up` bytes before, or nowhere (0), the pixel before `apart`. */
type Filter = (rows: Bytes, at: number, end: number, up: number, apart: number) => void;

const FILTERS: readonly Filter[] = [
  () => undefined,
  (rows, at, end, _, apart) => {
    for (let i = at + apart; i < end; i++) rows[i]! += rows[i - apart]!;
  },
  (rows, at, end, up) => {
    if (up > 0) for (let i = at; i < end; i++) rows[i]! += rows[i - up]!;
  },
  (rows, at, end, up, apart) => {
    for (let i = at; i < end; i++) {
      const left = i - at < apart ? 0 : rows[i - apart]!;
      rows[i]! += (left + (up > 0 ? rows[i - up]! : 0)) >> 1;
    }
  },
  (rows, at, end, up, apart) => {
    for (let i = at; i < end; i++) {
      const left = i - at < apart ? 0 : rows[i - apart]!;
      const above = up > 0 ? rows[i - up]! : 0;
      const corner = i - at < apart || up === 0 ? 0 : rows[i - up - apart]!;
      rows[i]! += paeth(left, above, corner);
    }
  },
];

function paeth(left: number, above: number, corner: number): number {
  const [byLeft, byAbove] = [Math.abs(above - corner), Math.abs(left - corner)];
  const byCorner = Math.abs(left + above - 2 * corner);
  if (byLeft <= byAbove && byLeft <= byCorner) return left;
  return byAbove <= byCorner ? above : corner;
}

/** One pixel as RGBA in the order of memory: of the row that begins at `at`, the one at `x`. */
type WordAt = (at: number, x: number) => number;

function reader(layout: Layout, rows: Bytes): WordAt {
  const { color, depth, clear } = layout;
  if (color === RGB) return rgbReader(rows, clear);
  if (color === GREY || color === PALETTE) {
    const table = color === GREY ? greys(depth, clear) : colors(layout.palette!, clear ?? []);
    if (depth === 8) return (at, x) => table[rows[at + x]!]!;
    const mask = (1 << depth) - 1;
    return (at, x) => table[(rows[at + ((x * depth) >> 3)]! >> (8 - depth - ((x * depth) & 7))) & mask]!;
  }
  const [pixel, second] = color === GREY_ALPHA ? [2, 0] : [4, 1];
  return (at, x) => {
    const from = at + pixel * x;
    const alpha = rows[from + pixel - 1]!;
    return blended(rows[from]!, rows[from + second]!, rows[from + 2 * second]!, alpha);
  };
}

function rgbReader(rows: Bytes, clear: readonly number[] | null): WordAt {
  const white = clear === null ? -1 : word(clear[0]!, clear[1]!, clear[2]!);
  return (at, x) => {
    const from = at + 3 * x;
    const opaque = word(rows[from]!, rows[from + 1]!, rows[from + 2]!);
    return opaque === white ? WHITE : opaque;
  };
}

function greys(depth: number, clear: readonly number[] | null): Uint32Array {
  const most = (1 << depth) - 1;
  return Uint32Array.from({ length: 1 << depth }, (_, i) => {
    const grey = (i * 255) / most;
    return i === clear?.[0] ? WHITE : word(grey, grey, grey);
  });
}

function colors(palette: Bytes, alphas: readonly number[]): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, i) =>
    blended(palette[3 * i]!, palette[3 * i + 1]!, palette[3 * i + 2]!, alphas[i] ?? 255),
  );
}

export function blended(red: number, green: number, blue: number, alpha: number): number {
  if (alpha === 255) return word(red, green, blue);
  return word(overWhite(red, alpha), overWhite(green, alpha), overWhite(blue, alpha));
}

function word(red: number, green: number, blue: number): number {
  return (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
}
