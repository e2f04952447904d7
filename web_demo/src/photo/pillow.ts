/**
 * Pillow's filters to the byte, for one axis: a port of `src/libImaging/Resample.c` and `Geometry.c`.
 *
 * Weights are in double precision, rounded to 22 fractional bits. Sums stay within 31 bits. The sine is our own: those
 * of browsers differ in the last bit. The counterpart of `gemelo/preprocessing/pillow_filters.py`.
 */

import type { Filter } from "../fits";
import { type Axis, each } from "./axis";

const { fround } = Math;
export const BITS = 22;

/** For each output pixel the first input pixel it sees, how many, and their weights, `most` to a pixel. */
export interface Weights {
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly kernel: Int32Array;
  readonly most: number;
}

/** What is sampled of an axis, and which of its pixels there are: the others are black, and add nothing. */
export interface Extent {
  readonly low: number;
  readonly high: number;
  readonly first: number;
  readonly end: number;
}

export function nearest(axis: Axis, low: number, high: number): number[] {
  const step = fround(fround(high) - fround(low)) / axis.to;
  let at = fround(low) + step * 0.5;
  for (let i = 0; i < axis.start; i++) at += step; // a running sum, as in Pillow
  return each(axis, () => {
    const place = Math.min(Math.trunc(at), axis.from - 1);
    at += step;
    return place;
  });
}

export function weights(filter: Filter, axis: Axis, extent: Extent = whole(axis)): Weights {
  const [support, kernelOf] = KERNELS[filter]!;
  const low = fround(extent.low);
  const scale = fround(fround(extent.high) - low) / axis.to;
  const stretch = Math.max(scale, 1);
  const reach = support * stretch;
  const most = 2 * Math.ceil(reach) + 1;
  const length = axis.stop - axis.start;
  const [first, count] = [new Int32Array(length), new Int32Array(length)];
  const kernel = new Int32Array(length * most);
  const raw = new Float64Array(most);
  for (let i = 0; i < length; i++) {
    const center = low + (axis.start + i + 0.5) * scale;
    const from = Math.max(Math.trunc(center - reach + 0.5), 0);
    const to = Math.min(Math.trunc(center + reach + 0.5), axis.from);
    let total = 0;
    for (let x = from; x < to; x++) {
      raw[x - from] = kernelOf((x - center + 0.5) * (1 / stretch));
      total += raw[x - from]!;
    }
    const seen = Math.max(from, extent.first);
    first[i] = seen;
    count[i] = Math.max(0, Math.min(to, extent.end) - seen);
    for (let k = 0; k < count[i]!; k++) {
      const weight = raw[seen - from + k]! / (total || 1);
      kernel[i * most + k] = Math.trunc(weight * 2 ** BITS + (weight < 0 ? -0.5 : 0.5));
    }
  }
  return { first, count, kernel, most };
}

function whole({ from }: Axis): Extent {
  return { low: 0, high: from, first: 0, end: from };
}

function box(x: number): number {
  return x > -0.5 && x <= 0.5 ? 1 : 0;
}

function bilinear(x: number): number {
  return Math.max(0, 1 - Math.abs(x));
}

function hamming(x: number): number {
  if (Math.abs(x) >= 1) return 0;
  return sinc(x) * (fround(0.54) + fround(0.46) * sine(x, 1));
}

function bicubic(signed: number): number {
  const x = Math.abs(signed);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
}

function lanczos(x: number): number {
  return x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0;
}

/** sin(pi x) / (pi x). */
function sinc(x: number): number {
  return x === 0 ? 1 : sine(x, 0) / (x * Math.PI);
}

/** The sine of pi x, or of so many quarter turns more, by its series within an eighth of a turn. */
function sine(x: number, more: number): number {
  const quarter = Math.floor(2 * x + 0.5);
  const angle = (x - quarter / 2) * Math.PI;
  const square = angle * angle;
  const turned = (((quarter + more) % 4) + 4) % 4;
  const value = turned % 2 === 0 ? series(angle, square, 3, 15) : series(1, square, 2, 14);
  return turned >= 2 ? -value : value;
}

function series(first: number, square: number, start: number, end: number): number {
  let [total, term] = [first, first];
  for (let k = start; k <= end; k += 2) {
    term = (term * square) / -((k - 1) * k);
    total += term;
  }
  return total;
}

const KERNELS: Readonly<Partial<Record<Filter, readonly [number, (x: number) => number]>>> = {
  "pillow-box": [0.5, box],
  "pillow-bilinear": [1, bilinear],
  "pillow-hamming": [1, hamming],
  "pillow-bicubic": [2, bicubic],
  "pillow-lanczos": [3, lanczos],
};
