/** Figures about one map or all of them. */

import type { Tensor } from "../../../engine/inside";

export interface Range {
  readonly least: number;
  readonly most: number;
  /** The largest magnitude. */
  readonly limit: number;
}

/** Of every `step`-th value from `first` on. */
export function rangeOf(data: ArrayLike<number>, first = 0, step = 1): Range {
  let [least, most] = [Infinity, -Infinity];
  for (let i = first; i < data.length; i += step) {
    const value = data[i] as number;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return { least, most, limit: Math.max(Math.abs(least), Math.abs(most)) };
}

/** The channels of a tensor, which come last. */
export const channelsOf = ({ shape }: Tensor): number => shape.at(-1) ?? 1;

export const channelRange = (tensor: Tensor, channel: number): Range =>
  rangeOf(tensor.data, channel, channelsOf(tensor));

/** The share of values that were not zero before, and are now. */
export function zeroed(before: Tensor, after: Tensor, channel: number | null = null): number {
  const [first, step] = channel === null ? [0, 1] : [channel, channelsOf(after)];
  let [zeros, all] = [0, 0];
  for (let i = first; i < after.data.length; i += step, all++) {
    if (after.data[i] === 0 && before.data[i] !== 0) zeros++;
  }
  return zeros / all;
}

/**
 * The channel with the most to see: the map whose positive values differ most, for ReLU leaves no others. Of a list, the
 * largest value.
 */
export function liveliest(tensor: Tensor): number {
  const step = channelsOf(tensor);
  const list = tensor.shape.length === 1;
  const scores = Array.from({ length: step }, (_, channel) =>
    list ? (tensor.data[channel] as number) : variance(tensor.data, channel, step),
  );
  return Math.max(0, scores.indexOf(Math.max(...scores)));
}

function variance(data: Float32Array, first: number, step: number): number {
  let [sum, squares] = [0, 0];
  for (let i = first; i < data.length; i += step) {
    const value = Math.max(0, data[i] as number);
    sum += value;
    squares += value * value;
  }
  const count = data.length / step;
  return squares / count - (sum / count) ** 2;
}

/** The value of a cell of (height, width, channels). */
export function valueAt({ data, shape }: Tensor, row: number, column: number, channel: number): number {
  return data[(row * (shape[1] ?? 1) + column) * (shape[2] ?? 1) + channel] ?? NaN;
}
