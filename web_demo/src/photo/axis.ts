/** One axis of a resize. */

/** So many input pixels become so many, of which those from `start` to `stop` are asked for. */
export interface Axis {
  readonly from: number;
  readonly to: number;
  readonly start: number;
  readonly stop: number;
}

/** Output pixels that each see a few input pixels: those at `places`, by their `shares`, from `at[i]` to `at[i + 1]`. */
export interface Taps {
  readonly at: readonly number[];
  readonly places: readonly number[];
  readonly shares: readonly number[];
}

/** A number for each output pixel that is asked for. */
export function each({ start, stop }: Axis, value: (i: number) => number): number[] {
  return Array.from({ length: stop - start }, (_, i) => value(start + i));
}

/** The taps of each output pixel that is asked for. */
export function tapsOf(
  { start, stop }: Axis,
  of: (i: number, tap: (place: number, share: number) => void) => void,
): Taps {
  const [at, places, shares]: [number[], number[], number[]] = [[0], [], []];
  for (let i = start; i < stop; i++) {
    of(i, (place, share) => {
      places.push(place);
      shares.push(share);
    });
    at.push(places.length);
  }
  return { at, places, shares };
}

export function clamp(value: number, most: number): number {
  return Math.min(Math.max(value, 0), most);
}

/** Half to even, as all filters but Pillow's round. */
export function even(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
}
