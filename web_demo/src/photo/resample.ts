/**
 * Pillow's BILINEAR to the byte: a port of `src/libImaging/Resample.c`.
 *
 * A triangle filter, its weights in double precision, rounded to 22 fractional bits; across, rounded to bytes, then
 * down. Sums stay below 255 * 2^22 + 2^21 and a little, and so within 31 bits; no weight is negative.
 */

import type { Pixels } from "./canvas";
import { checkResized } from "./limits";

const BITS = 22;
const HALF = 1 << (BITS - 1);

/** The part of a photo that is resized. */
export interface Window {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** For each output pixel the first input pixel it sees, how many, and their weights, `most` to a pixel. */
interface Weights {
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly kernel: Int32Array;
  readonly most: number;
}

/**
 * RGB bytes of the window at another size.
 *
 * @throws PhotoError "too-large": what resizing across makes would be too large.
 */
export function resize(pixels: Pixels, window: Window, width: number, height: number): Uint8Array {
  checkResized(width, window.height);
  const wide = width === window.width ? copied(pixels, window) : across(pixels, window, width);
  return height === window.height ? wide : down(wide, 3 * width, window.height, height);
}

export function weights(sizeIn: number, sizeOut: number): Weights {
  const scale = sizeIn / sizeOut;
  const stretch = Math.max(scale, 1);
  const most = 2 * Math.ceil(stretch) + 1;
  const [first, count] = [new Int32Array(sizeOut), new Int32Array(sizeOut)];
  const kernel = new Int32Array(sizeOut * most);
  const raw = new Float64Array(most);
  for (let i = 0; i < sizeOut; i++) {
    const center = (i + 0.5) * scale;
    const from = Math.max(Math.trunc(center - stretch + 0.5), 0);
    const to = Math.min(Math.trunc(center + stretch + 0.5), sizeIn);
    let total = 0;
    for (let x = from; x < to; x++) {
      raw[x - from] = Math.max(0, 1 - Math.abs((x - center + 0.5) * (1 / stretch)));
      total += raw[x - from]!;
    }
    first[i] = from;
    count[i] = to - from;
    for (let k = 0; k < to - from; k++)
      kernel[i * most + k] = Math.trunc(0.5 + (raw[k]! / total) * 2 ** BITS);
  }
  return { first, count, kernel, most };
}

function copied({ width: stride, data }: Pixels, { left, top, width, height }: Window): Uint8Array {
  const out = new Uint8Array(3 * width * height);
  let to = 0;
  for (let y = 0; y < height; y++) {
    let from = 4 * ((top + y) * stride + left);
    for (let x = 0; x < width; x++, from += 4) {
      out[to++] = data[from]!;
      out[to++] = data[from + 1]!;
      out[to++] = data[from + 2]!;
    }
  }
  return out;
}

/** RGBA to RGB, `width` pixels a row. */
function across({ width: stride, data }: Pixels, window: Window, width: number): Uint8Array {
  const { first, count, kernel, most } = weights(window.width, width);
  const out = new Uint8Array(3 * width * window.height);
  let to = 0;
  for (let y = 0; y < window.height; y++) {
    const row = 4 * ((window.top + y) * stride + window.left);
    for (let x = 0; x < width; x++) {
      let from = row + 4 * first[x]!;
      let [red, green, blue] = [HALF, HALF, HALF];
      for (let k = x * most, end = k + count[x]!; k < end; k++, from += 4) {
        const weight = kernel[k]!;
        red = (red + data[from]! * weight) | 0;
        green = (green + data[from + 1]! * weight) | 0;
        blue = (blue + data[from + 2]! * weight) | 0;
      }
      out[to++] = red >> BITS;
      out[to++] = green >> BITS;
      out[to++] = blue >> BITS;
    }
  }
  return out;
}

/** Rows of so many bytes, from `sizeIn` of them to `sizeOut`. */
function down(rows: Uint8Array, bytes: number, sizeIn: number, sizeOut: number): Uint8Array {
  const { first, count, kernel, most } = weights(sizeIn, sizeOut);
  const out = new Uint8Array(bytes * sizeOut);
  const sums = new Int32Array(bytes);
  for (let y = 0; y < sizeOut; y++) {
    sums.fill(HALF);
    for (let k = 0; k < count[y]!; k++) {
      const weight = kernel[y * most + k]!;
      const from = (first[y]! + k) * bytes;
      for (let x = 0; x < bytes; x++) sums[x] = sums[x]! + rows[from + x]! * weight;
    }
    for (let x = 0; x < bytes; x++) out[y * bytes + x] = sums[x]! >> BITS;
  }
  return out;
}
