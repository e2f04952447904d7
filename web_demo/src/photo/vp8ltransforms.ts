/** What a lossless WebP did to its pixels before it packed them, undone (WebP lossless bitstream specification, 3.5). */

export type Transform =
  | {
      readonly kind: "predictor" | "color";
      readonly width: number;
      readonly bits: number;
      readonly blocks: Uint32Array;
    }
  | { readonly kind: "green"; readonly width: number }
  | { readonly kind: "palette"; readonly width: number; readonly bits: number; readonly colors: Uint32Array };

const BLACK = 0xff000000;

/** @param argb pixels as they were packed; they may be changed where they are. */
export function inverted(transform: Transform, argb: Uint32Array, height: number): Uint32Array {
  if (transform.kind === "green") return greenAdded(argb);
  if (transform.kind === "palette") return unpacked(argb, transform, height);
  return transform.kind === "color" ? colorsRestored(argb, transform) : predicted(argb, transform);
}

/** The sum of two pixels, each channel for itself. */
export function sum(one: number, other: number): number {
  const high = ((one >>> 8) & 0x00ff00ff) + ((other >>> 8) & 0x00ff00ff);
  const low = (one & 0x00ff00ff) + (other & 0x00ff00ff);
  return (((high & 0x00ff00ff) << 8) | (low & 0x00ff00ff)) >>> 0;
}

function greenAdded(argb: Uint32Array): Uint32Array {
  for (let i = 0; i < argb.length; i++) {
    const green = (argb[i]! >>> 8) & 255;
    argb[i] = sum(argb[i]!, (green << 16) | green);
  }
  return argb;
}

interface Blocks {
  readonly width: number;
  readonly bits: number;
  readonly blocks: Uint32Array;
}

function colorsRestored(argb: Uint32Array, { width, bits, blocks }: Blocks): Uint32Array {
  const across = (width + (1 << bits) - 1) >> bits;
  for (let i = 0, x = 0, y = 0; i < argb.length; i++) {
    const block = blocks[(y >> bits) * across + (x >> bits)]!;
    const pixel = argb[i]!;
    const green = pixel >>> 8;
    const red = (pixel >>> 16) + delta(block, green);
    const blue = pixel + delta(block >>> 8, green) + delta(block >>> 16, red);
    argb[i] = ((pixel & 0xff00ff00) | ((red & 255) << 16) | (blue & 255)) >>> 0;
    if (++x === width) [x, y] = [0, y + 1];
  }
  return argb;
}

/** A 32nd of the product of two signed bytes. */
const delta = (factor: number, color: number): number =>
  (((factor << 24) >> 24) * ((color << 24) >> 24)) >> 5;

/** Several pixels of few colors lie in the green of one. */
function unpacked(
  packed: Uint32Array,
  { width, bits, colors }: { width: number; bits: number; colors: Uint32Array },
  height: number,
): Uint32Array {
  const argb = new Uint32Array(width * height);
  const across = (width + (1 << bits) - 1) >> bits;
  const [size, inPixel] = [8 >> bits, (1 << bits) - 1];
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to++) {
      const green = (packed[y * across + (x >> bits)]! >>> 8) & 255;
      argb[to] = colors[(green >> ((x & inPixel) * size)) & ((1 << size) - 1)] ?? 0;
    }
  }
  return argb;
}

function predicted(argb: Uint32Array, { width, bits, blocks }: Blocks): Uint32Array {
  const across = (width + (1 << bits) - 1) >> bits;
  argb[0] = sum(argb[0]!, BLACK);
  for (let x = 1; x < width; x++) argb[x] = sum(argb[x]!, argb[x - 1]!);
  for (let y = 1, i = width; i < argb.length; y++) {
    argb[i] = sum(argb[i]!, argb[i - width]!);
    i += 1;
    for (let x = 1; x < width; x++, i++) {
      const predict = PREDICTORS[(blocks[(y >> bits) * across + (x >> bits)]! >>> 8) & 15]!;
      // Right of the last pixel above lies the first of this row.
      argb[i] = sum(
        argb[i]!,
        predict(argb[i - 1]!, argb[i - width]!, argb[i - width - 1]!, argb[i - width + 1]!),
      );
    }
  }
  return argb;
}

type Predictor = (left: number, top: number, topLeft: number, topRight: number) => number;

const PREDICTORS: readonly Predictor[] = [
  () => BLACK,
  (left) => left,
  (_, top) => top,
  (_, _top, _topLeft, topRight) => topRight,
  (_, _top, topLeft) => topLeft,
  (left, top, _, topRight) => mean(mean(left, topRight), top),
  (left, _, topLeft) => mean(left, topLeft),
  (left, top) => mean(left, top),
  (_, top, topLeft) => mean(topLeft, top),
  (_, top, _topLeft, topRight) => mean(top, topRight),
  (left, top, topLeft, topRight) => mean(mean(left, topLeft), mean(top, topRight)),
  select,
  (left, top, topLeft) => channels((shift) => at(left, shift) + at(top, shift) - at(topLeft, shift)),
  (left, top, topLeft) => {
    const average = mean(left, top);
    return channels((shift) => {
      const difference = at(average, shift) - at(topLeft, shift);
      // Rounded towards zero, as C does it.
      return at(average, shift) + Math.trunc(difference / 2);
    });
  },
  () => BLACK,
  () => BLACK,
];

/** Of each channel, rounded down. */
const mean = (one: number, other: number): number =>
  ((((one ^ other) & 0xfefefefe) >>> 1) + (one & other)) >>> 0;

const at = (pixel: number, shift: number): number => (pixel >>> shift) & 255;

function channels(value: (shift: number) => number): number {
  let pixel = 0;
  for (const shift of [0, 8, 16, 24]) pixel |= Math.min(255, Math.max(0, value(shift))) << shift;
  return pixel >>> 0;
}

/** Left or top, whichever is nearer to left + top - topLeft, summed over the channels. */
function select(left: number, top: number, topLeft: number): number {
  let nearer = 0;
  for (const shift of [0, 8, 16, 24]) {
    nearer += Math.abs(at(top, shift) - at(topLeft, shift)) - Math.abs(at(left, shift) - at(topLeft, shift));
  }
  return nearer < 0 ? left : top;
}
