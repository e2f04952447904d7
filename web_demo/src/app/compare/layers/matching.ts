/**
 * Tensors of two models matched by what they hold, whatever they are called: the way to the first that differs.
 *
 * The rule and its limits are those of gemelo/compare/matching.py.
 */

export interface Tensor {
  readonly name: string;
  readonly kind: string;
  readonly inputs: readonly string[];
  /** Without the batch. */
  readonly shape: readonly number[];
  readonly data: Float32Array;
  /** Share of the values at the end of an 8-bit range. */
  readonly saturated?: number;
}

export type Precision = "fp32" | "fp16" | "int8";

/** A tensor's counterpart: the nearest of as many numbers, and how far it is. */
export interface Match {
  readonly tensor: Tensor | null;
  readonly error: number;
}

// A probability above it is saturated.
const SATURATED = 0.999;
/** How far a tensor may be from its counterpart, as the root of the mean square over that of the counterpart. */
export const LIMITS: Readonly<Record<Precision, number>> = { fp32: 2e-3, fp16: 2e-2, int8: 6e-2 };
// In 8 bits: so many times as far as what it is made of, or so far.
const SUDDEN = 3;
const VERY_FAR = 0.3;
const LAYOUTS = [
  [0, 1, 2],
  [1, 2, 0],
  [2, 0, 1],
] as const;
const TINY = 1e-12;
/** Milliseconds after which the page may draw and answer clicks. */
const BREATH = 40;

/** The nearest tensor among others of as many numbers, for each tensor. */
export async function matches(
  tensors: readonly Tensor[],
  others: readonly Tensor[],
  signal: AbortSignal,
): Promise<Match[]> {
  const powers = new Map(others.map((other) => [other, power(other.data)]));
  const found: Match[] = [];
  let since = performance.now();
  for (const tensor of tensors) {
    const same = others.filter(({ data }) => data.length === tensor.data.length);
    found.push(nearest(tensor, same, powers));
    if (performance.now() - since < BREATH) continue;
    await new Promise((done) => setTimeout(done));
    signal.throwIfAborted();
    since = performance.now();
  }
  return found;
}

function nearest(tensor: Tensor, others: readonly Tensor[], powers: ReadonlyMap<Tensor, number>): Match {
  let found: Match = { tensor: null, error: Infinity };
  const own = power(tensor.data);
  for (const other of others) {
    const scale = Math.max(powers.get(other) ?? 0, TINY);
    // Moments don't depend on the layout: where they differ much, the rest need not be looked at.
    if (Math.abs(own - scale) > found.error * scale) continue;
    const error = distance(tensor, other) / scale;
    // Of layers that only pass on what they take, the last is the place.
    if (error <= found.error && error < Infinity) found = { tensor: other, error };
  }
  return found;
}

/** The root of the mean square of the difference, in the layout in which that is smallest. */
export function distance(one: Tensor, other: Tensor): number {
  if (one.data.length !== other.data.length) return Infinity;
  if (one.shape.length !== 3 && other.shape.length === 3) return distance(other, one);
  if (one.shape.length !== 3) return apart(one.data, other.data);
  const fits = LAYOUTS.filter(
    (axes) => other.shape.length !== 3 || axes.every((axis, i) => one.shape[axis] === other.shape[i]),
  );
  const layouts = fits.length > 0 ? fits : LAYOUTS.slice(0, 1);
  return Math.min(...layouts.map((axes) => apart(transposed(one, axes), other.data)));
}

function transposed({ shape, data }: Tensor, axes: readonly [number, number, number]): Float32Array {
  if (axes[0] === 0) return data;
  const strides = [(shape[1] ?? 1) * (shape[2] ?? 1), shape[2] ?? 1, 1];
  const [a, b, c] = axes.map((axis) => shape[axis] ?? 1) as [number, number, number];
  const [u, v, w] = axes.map((axis) => strides[axis] ?? 1) as [number, number, number];
  const found = new Float32Array(data.length);
  let at = 0;
  for (let i = 0; i < a; i++)
    for (let j = 0; j < b; j++)
      for (let k = 0; k < c; k++) found[at++] = data[i * u + j * v + k * w] as number;
  return found;
}

function apart(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < one.length; i++) sum += ((one[i] as number) - (other[i] as number)) ** 2;
  return Math.sqrt(sum / Math.max(1, one.length));
}

function power(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum / Math.max(1, values.length));
}

/**
 * The first tensor at which a model departs; null where there is none.
 *
 * A tensor that only one of the models has, such as the sum before a bias, counts as near as the nearest of those that
 * are made of it. A saturated softmax says nothing of what it is made of. Eight bits lose a little in each layer: there
 * it is the first that is suddenly worse than what it is made of.
 */
export function firstDeparture(
  tensors: readonly Tensor[],
  found: readonly Match[],
  precision: Precision,
): number | null {
  const errors = new Map(tensors.map(({ name }, i) => [name, found[i]?.error ?? Infinity]));
  const errorOf = (name: string): number => errors.get(name) ?? Infinity;
  for (const { data, name, inputs } of [...tensors].reverse()) {
    for (const input of isSaturated(data) ? [] : inputs) {
      if (errors.has(input)) errors.set(input, Math.min(errorOf(input), errorOf(name)));
    }
  }
  const limit = LIMITS[precision];
  const before = ({ inputs }: Tensor): number =>
    Math.max(limit / SUDDEN, ...inputs.map((name) => errors.get(name) ?? 0));
  // Of a NaN it cannot be said that it is near.
  const far = [...tensors.entries()].filter(([, { name }]) => !(errorOf(name) <= limit));
  const sudden = far.find(([, tensor]) => !(errorOf(tensor.name) <= SUDDEN * before(tensor)));
  const very = far.find(([, { name }]) => !(errorOf(name) <= VERY_FAR));
  const first = precision === "int8" ? (sudden ?? very) : far[0];
  return first?.[0] ?? null;
}

/** Whether values are probabilities that are the same for many photos. */
function isSaturated(values: Float32Array): boolean {
  let [sum, high, low] = [0, 0, 0];
  for (const value of values) [sum, high, low] = [sum + value, Math.max(high, value), Math.min(low, value)];
  return values.length > 1 && low >= 0 && Math.abs(sum - 1) < 1e-3 && high > SATURATED;
}
