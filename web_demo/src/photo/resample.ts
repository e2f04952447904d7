/**
 * Step 4 of the preprocessing: a photo, resized by its plan and a filter, to the byte as the libraries do it.
 *
 * docs/preprocessing.md says which filters there are. The counterpart of `gemelo/preprocessing/resample.py`.
 */

import type { Filter } from "../fits";
import { type Axis, clamp, even, type Taps } from "./axis";
import type { Pixels } from "./canvas";
import * as opencv from "./opencv";
import * as pillow from "./pillow";
import type { Plan } from "./plan";
import * as tensorflow from "./tensorflow";

const { fround } = Math;
const { BITS } = pillow;
const HALF = 1 << (BITS - 1);

/** A window of a photo, and what it becomes. */
interface Job {
  readonly pixels: Pixels;
  readonly plan: Plan;
  readonly filter: Filter;
  readonly across: Axis;
  readonly down: Axis;
}

/** RGB bytes of the photo at the input's size. */
export function resample(
  pixels: Pixels,
  plan: Plan,
  filter: Filter,
  size: { width: number; height: number },
): Uint8Array {
  const across = axisOf(plan.width, plan.toWidth, plan.x, size.width);
  const down = axisOf(plan.height, plan.toHeight, plan.y, size.height);
  const found = (RESIZE[filter] ?? convolved)({ pixels, plan, filter, across, down });
  const [width, height] = [across.stop - across.start, down.stop - down.start];
  if (width === size.width && height === size.height) return found;
  const canvas = new Uint8Array(3 * size.width * size.height);
  const corner = Math.max(0, plan.y) * size.width + Math.max(0, plan.x);
  for (let y = 0; y < height; y++) {
    canvas.set(found.subarray(3 * y * width, 3 * (y + 1) * width), 3 * (corner + y * size.width));
  }
  return canvas;
}

/** Of the resized window, which begins at `at`, those pixels are asked for that lie in an input of that size. */
function axisOf(from: number, to: number, at: number, size: number): Axis {
  return { from, to, start: Math.max(0, -at), stop: Math.min(to, size - at) };
}

function length({ start, stop }: Axis): number {
  return stop - start;
}

/** Pillow's filters: across, rounded to bytes, then down. */
function convolved({ pixels, plan, filter, across, down }: Job): Uint8Array {
  const [left, top, right, bottom] = plan.box ?? [0, 0, plan.width, plan.height];
  const columns = { low: left, high: right, first: -plan.left, end: pixels.width - plan.left };
  const rows = { low: top, high: bottom, first: -plan.top, end: pixels.height - plan.top };
  const from = Math.max(0, rows.first);
  const to = Math.min(down.from, rows.end);
  const isSame = (axis: Axis, low: number, high: number): boolean =>
    axis.from === axis.to && low === 0 && high === axis.from && length(axis) === axis.from;
  const isWithin = columns.first <= 0 && columns.end >= plan.width;
  const wide =
    isWithin && isSame(across, left, right)
      ? copied(pixels, plan, from, to)
      : acrossRows(pixels, plan, [from, to], pillow.weights(filter, across, columns));
  if (isSame(down, top, bottom) && to - from === down.from) return wide;
  return downRows(wide, 3 * length(across), from, pillow.weights(filter, down, rows));
}

function copied(
  { width: stride, data }: Pixels,
  { left, top, width }: Plan,
  start: number,
  stop: number,
): Uint8Array {
  const out = new Uint8Array(3 * width * (stop - start));
  let to = 0;
  for (let y = start; y < stop; y++) {
    let from = 4 * ((top + y) * stride + left);
    for (let x = 0; x < width; x++, from += 4) {
      out[to++] = data[from]!;
      out[to++] = data[from + 1]!;
      out[to++] = data[from + 2]!;
    }
  }
  return out;
}

/** RGBA to RGB, each row of the window from the first to before the last. */
function acrossRows(
  { width: stride, data }: Pixels,
  { left, top }: Plan,
  [start, stop]: [number, number],
  { first, count, kernel, most }: pillow.Weights,
): Uint8Array {
  const width = first.length;
  const out = new Uint8ClampedArray(3 * width * (stop - start));
  let to = 0;
  for (let y = start; y < stop; y++) {
    const row = 4 * ((top + y) * stride + left);
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
  return new Uint8Array(out.buffer);
}

/** Rows of so many bytes, of which the first is row `top`. */
function downRows(
  rows: Uint8Array,
  bytes: number,
  top: number,
  { first, count, kernel, most }: pillow.Weights,
): Uint8Array {
  const height = first.length;
  const out = new Uint8ClampedArray(bytes * height);
  const sums = new Int32Array(bytes);
  for (let y = 0; y < height; y++) {
    sums.fill(HALF);
    for (let k = 0; k < count[y]!; k++) {
      const weight = kernel[y * most + k]!;
      const from = (first[y]! - top + k) * bytes;
      for (let x = 0; x < bytes; x++) sums[x] = sums[x]! + rows[from + x]! * weight;
    }
    for (let x = 0; x < bytes; x++) out[y * bytes + x] = sums[x]! >> BITS;
  }
  return new Uint8Array(out.buffer);
}

/** Where in the photo's data a row of the window lies, for `valueAt`; below 0 where it is a border. */
function rowAt({ pixels, plan }: Job, row: number): number {
  const y = plan.top + row;
  return y < 0 || y >= pixels.height ? -1 : 4 * y * pixels.width;
}

/** Where in a row's data the columns of the window lie; below 0 where they are a border. */
function columnsAt({ pixels, plan }: Job, columns: readonly number[]): Int32Array {
  return Int32Array.from(columns, (column) => {
    const x = plan.left + column;
    return x < 0 || x >= pixels.width ? -1 : 4 * x;
  });
}

/** A byte of the photo; borders are black. */
function valueAt(data: Pixels["data"], row: number, column: number, channel: number): number {
  return row < 0 || column < 0 ? 0 : data[row + column + channel]!;
}

function picked(job: Job, rows: readonly number[], columns: readonly number[]): Uint8Array {
  const { data } = job.pixels;
  const out = new Uint8Array(3 * rows.length * columns.length);
  const places = columnsAt(job, columns);
  let to = 0;
  for (const y of rows) {
    const row = rowAt(job, y);
    for (const column of places) {
      for (let channel = 0; channel < 3; channel++) out[to++] = valueAt(data, row, column, channel);
    }
  }
  return out;
}

function pillowNearest(job: Job): Uint8Array {
  const [left, top, right, bottom] = job.plan.box ?? [0, 0, job.plan.width, job.plan.height];
  return picked(job, pillow.nearest(job.down, top, bottom), pillow.nearest(job.across, left, right));
}

function tfBilinear(job: Job): Uint8Array {
  const { data } = job.pixels;
  const [x, y] = [tensorflow.bilinear(job.across), tensorflow.bilinear(job.down)];
  const [left, right] = [columnsAt(job, x.low), columnsAt(job, x.high)];
  const share = Float32Array.from(x.rest);
  const width = 3 * left.length;
  const [upper, lower] = [new Float32Array(width), new Float32Array(width)];
  const mix = (into: Float32Array, row: number): void => {
    for (let i = 0, to = 0; to < width; i++) {
      for (let channel = 0; channel < 3; channel++) {
        const from = valueAt(data, row, left[i]!, channel);
        into[to++] = from + fround((valueAt(data, row, right[i]!, channel) - from) * share[i]!);
      }
    }
  };
  const out = new Uint8Array(width * y.low.length);
  for (let k = 0, to = 0; k < y.low.length; k++) {
    mix(upper, rowAt(job, y.low[k]!));
    mix(lower, rowAt(job, y.high[k]!));
    const rest = y.rest[k]!;
    for (let i = 0; i < width; i++)
      out[to++] = even(fround(upper[i]! + fround(fround(lower[i]! - upper[i]!) * rest)));
  }
  return out;
}

/** Down first, then across, as TensorFlow has it. */
function tfBicubic(job: Job): Uint8Array {
  const { data } = job.pixels;
  const [x, y] = [tensorflow.bicubic(job.across), tensorflow.bicubic(job.down)];
  const columns = columnsAt(job, x.places);
  const tall = new Float32Array(3 * columns.length);
  const wide = new Float32Array((3 * columns.length) / 4);
  const out = new Uint8ClampedArray((wide.length * y.places.length) / 4);
  for (let k = 0, to = 0; k < y.places.length; k += 4) {
    tall.fill(0);
    for (let tap = k; tap < k + 4; tap++) {
      const [row, weight] = [rowAt(job, y.places[tap]!), y.shares[tap]!];
      for (let i = 0; i < tall.length; i++) {
        tall[i] = tall[i]! + fround(valueAt(data, row, columns[Math.floor(i / 3)]!, i % 3) * weight);
      }
    }
    wide.fill(0);
    for (let i = 0; i < columns.length; i++) {
      for (let channel = 0, at = 3 * (i >> 2); channel < 3; channel++, at++)
        wide[at] = wide[at]! + fround(tall[3 * i + channel]! * x.shares[i]!);
    }
    for (let i = 0; i < wide.length; i++) out[to++] = even(wide[i]!);
  }
  return new Uint8Array(out.buffer);
}

function opencvBilinear(job: Job): Uint8Array {
  const isHalved = opencv.isHalved(job.across) && opencv.isHalved(job.down);
  return isHalved ? opencvArea(job) : elevenBits(job, false);
}

/** OpenCV's bilinear: weights in 1/2048. */
function elevenBits(job: Job, ofArea: boolean): Uint8Array {
  const { data } = job.pixels;
  const [x, y] = [opencv.bilinear(job.across, ofArea), opencv.bilinear(job.down, ofArea)];
  const lastColumn = job.across.from - 1;
  const lastRow = job.down.from - 1;
  const isEdge = (low: number): boolean => low < 0 || low >= lastColumn; // across only
  const shares = x.low.map((low, i) => opencv.unitWeights(isEdge(low) ? 0 : x.rest[i]!));
  const columns = (beside: number): Int32Array =>
    columnsAt(
      job,
      x.low.map((low) => clamp(low + beside, lastColumn)),
    );
  const [before, after] = [columns(0), columns(1)];
  const width = 3 * before.length;
  const [upper, lower] = [new Int32Array(width), new Int32Array(width)];
  const mix = (into: Int32Array, row: number): void => {
    for (let i = 0, to = 0; to < width; i++) {
      const [near, far] = shares[i]!;
      for (let channel = 0; channel < 3; channel++) {
        const left = valueAt(data, row, before[i]!, channel) * near;
        into[to++] = (left + valueAt(data, row, after[i]!, channel) * far) >> 4;
      }
    }
  };
  const out = new Uint8ClampedArray(width * y.low.length);
  for (let k = 0, to = 0; k < y.low.length; k++) {
    mix(upper, rowAt(job, clamp(y.low[k]!, lastRow)));
    mix(lower, rowAt(job, clamp(y.low[k]! + 1, lastRow)));
    const [near, far] = opencv.unitWeights(y.rest[k]!);
    for (let i = 0; i < width; i++)
      out[to++] = (((upper[i]! * near) >> 16) + ((lower[i]! * far) >> 16) + 2) >> 2;
  }
  return new Uint8Array(out.buffer);
}

function tfArea(job: Job): Uint8Array {
  const factor = tensorflow.areaFactor(job.across, job.down);
  const [across, down] = [tensorflow.area(job.across), tensorflow.area(job.down)];
  return areas(job, across, down, Float32Array, (sum) => even(fround(sum * factor)));
}

function opencvArea(job: Job): Uint8Array {
  const { across, down } = job;
  if (opencv.isEnlarged(across) || opencv.isEnlarged(down)) return elevenBits(job, true);
  const [width, height] = [opencv.cellOf(across), opencv.cellOf(down)];
  if (!width || !height) return areas(job, opencv.area(across), opencv.area(down), Float32Array, even);
  const factor = fround(1 / (width * height));
  const round =
    width === 2 && height === 2
      ? (sum: number) => (sum + 2) >> 2
      : (sum: number) => even(fround(fround(sum) * factor));
  // Whole numbers, which doubles hold exactly.
  return areas(job, opencv.cells(across, width), opencv.cells(down, height), Float64Array, round);
}

/** Weighted sums across, then down, each in the order of the pixels and rounded as the array rounds. */
function areas(
  job: Job,
  across: Taps,
  down: Taps,
  Sums: Float32ArrayConstructor | Float64ArrayConstructor,
  round: (sum: number) => number,
): Uint8Array {
  const width = across.at.length - 1;
  const [wide, product, sums] = [new Sums(3 * width), new Sums(1), new Sums(3 * width)];
  const columns = columnsAt(job, across.places);
  const out = new Uint8ClampedArray(sums.length * (down.at.length - 1));
  let done = NaN; // the row that is in `wide`
  for (let y = 0, to = 0; y < down.at.length - 1; y++) {
    sums.fill(0);
    for (let tap = down.at[y]!; tap < down.at[y + 1]!; tap++) {
      if (down.places[tap] !== done)
        areaAcross(job, across, columns, (done = down.places[tap]!), wide, product);
      const share = down.shares[tap]!;
      for (let i = 0; i < sums.length; i++) {
        product[0] = wide[i]! * share;
        sums[i] = sums[i]! + product[0]!;
      }
    }
    for (let i = 0; i < sums.length; i++) out[to++] = round(sums[i]!);
  }
  return new Uint8Array(out.buffer);
}

function areaAcross(
  job: Job,
  { at, shares }: Taps,
  columns: Int32Array,
  place: number,
  wide: Float32Array | Float64Array,
  product: Float32Array | Float64Array,
): void {
  const { data } = job.pixels;
  const row = rowAt(job, place);
  wide.fill(0);
  if (row < 0) return;
  for (let x = 0; x < at.length - 1; x++) {
    for (let tap = at[x]!; tap < at[x + 1]!; tap++) {
      const column = columns[tap]!;
      if (column < 0) continue;
      for (let channel = 0, to = 3 * x; channel < 3; channel++, to++) {
        product[0] = data[row + column + channel]! * shares[tap]!;
        wide[to] = wide[to]! + product[0]!;
      }
    }
  }
}

const RESIZE: Readonly<Partial<Record<Filter, (job: Job) => Uint8Array>>> = {
  "pillow-nearest": pillowNearest,
  "tf-nearest": (job) => picked(job, tensorflow.nearest(job.down), tensorflow.nearest(job.across)),
  "tf-bilinear": tfBilinear,
  "tf-bicubic": tfBicubic,
  "tf-area": tfArea,
  "opencv-nearest": (job) => picked(job, opencv.nearest(job.down), opencv.nearest(job.across)),
  "opencv-bilinear": opencvBilinear,
  "opencv-area": opencvArea,
};
