/** The first layer at which an artifact departs from the reference: the rule of gemelo/compare/layers.py. */

import {
  distance,
  firstDeparture,
  LIMITS,
  type Match,
  matches,
  type Precision,
  type Tensor,
} from "./matching";

/** A layer of the reference, and what the artifact has in its place. */
export interface LayerRow {
  readonly layer: string;
  readonly type: string;
  /** The artifact's nearest tensor of as many numbers. */
  readonly tensor: string | null;
  /** How far it is, as a share of what the layer holds; null where there is no such tensor. */
  readonly difference: number | null;
  /** `fused`: agreement comes later, so the artifact computes this layer together with another. */
  readonly state: "agrees" | "fused" | "begins" | "differs";
}

export interface Departure {
  /** The first layer that differs, or the artifact's tensor where no layer stands in its place; null for none. */
  readonly here: { readonly name: string; readonly kind: string } | null;
  /** The last layer on which both agree. */
  readonly last: string | null;
  /** The artifact's tensor that departs. */
  readonly tensor: { readonly name: string; readonly kind: string; readonly saturated: number | null } | null;
  /** The artifact's first tensor that has no counterpart though it could have one, whatever its answers. */
  readonly unmatched: { readonly name: string; readonly kind: string } | null;
  /** How many of the artifact's tensors have a counterpart, and of how many. */
  readonly matched: number;
  readonly tensors: number;
  readonly rows: readonly LayerRow[];
}

// So many values at the end of an 8-bit range are a range that is too small; a ReLU6 leaves many at its 6.
export const SATURATED = 0.02;
// How far the counterpart goes beyond the range, at least.
const BEYOND = 1.1;

/**
 * Where an artifact departs.
 *
 * @param ours its tensors, the image first.
 * @param layers the reference's, the image first.
 * @param passed whether its answers are held for equal: then no layer is named.
 */
export async function departure(
  ours: readonly Tensor[],
  layers: readonly Tensor[],
  precision: Precision,
  passed: boolean,
  signal: AbortSignal,
): Promise<Departure> {
  const found = await matches(ours, layers, signal);
  const counterparts = await matches(layers, ours, signal);
  const limit = LIMITS[precision] * (precision === "int8" ? 3 : 1);
  const matched = found.filter(({ error }) => error <= limit).length;
  const far = firstOf(ours, found, precision);
  const unmatched = far === null ? null : (ours[far] as Tensor);
  const first = passed ? null : far;
  const agreed =
    found
      .slice(0, first ?? 0)
      .filter(({ error }) => error <= limit)
      .at(-1)?.tensor ?? null;
  const here = first === null ? null : (ours[first] as Tensor);
  const there = here === null ? null : inPlaceOf(here, layers, agreed);
  // An operation that does the work of several layers is as far as it is from the nearest of them.
  const begin = here === null ? null : { tensor: here, error: found[first ?? 0]?.error ?? Infinity };
  const rows = rowsOf(layers, counterparts, there === null ? -1 : layers.indexOf(there), begin, limit);
  return {
    here: here === null ? null : { name: (there ?? here).name, kind: (there ?? here).kind },
    last: agreed?.name ?? null,
    tensor: here === null ? null : { name: here.name, kind: here.kind, saturated: here.saturated ?? null },
    unmatched: unmatched === null ? null : { name: unmatched.name, kind: unmatched.kind },
    ...{ matched, tensors: ours.length, rows },
  };
}

/** The first tensor that departs: one whose 8-bit range is too small, wherever there is one. */
function firstOf(ours: readonly Tensor[], found: readonly Match[], precision: Precision): number | null {
  const narrow = precision === "int8" ? ours.findIndex((tensor, i) => isNarrow(tensor, found[i])) : -1;
  return narrow >= 0 ? narrow : firstDeparture(ours, found, precision);
}

/** Whether many values are at the end of a range that their counterpart goes beyond. */
function isNarrow({ data, saturated = 0 }: Tensor, match: Match | undefined): boolean {
  if (match === undefined || match.tensor === null || saturated <= SATURATED) return false;
  const [own, other] = [rangeOf(data), rangeOf(match.tensor.data)];
  return BEYOND * own.high < other.high || BEYOND * own.low > other.low;
}

function rangeOf(values: Float32Array): { low: number; high: number } {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return { low, high };
}

/** The layer that stands in a tensor's place: the first of its size after the last that agrees. */
function inPlaceOf(here: Tensor, layers: readonly Tensor[], agreed: Tensor | null): Tensor | null {
  const start = agreed === null ? 0 : layers.indexOf(agreed) + 1;
  return layers.slice(start).find((layer) => distance(here, layer) !== Infinity) ?? null;
}

function rowsOf(
  layers: readonly Tensor[],
  counterparts: readonly Match[],
  begins: number,
  begin: Match | null,
  limit: number,
): LayerRow[] {
  const agrees = counterparts.map(({ error }) => error <= limit);
  const last = begins >= 0 ? begins : agrees.lastIndexOf(true);
  const rows = layers.map(({ name, kind }, i): LayerRow => {
    const { tensor, error } = (i === begins ? begin : counterparts[i]) as Match;
    const state = i === begins ? "begins" : agrees[i] ? "agrees" : i < last ? "fused" : "differs";
    const difference = Number.isFinite(error) ? error : null;
    return { layer: name, type: kind, tensor: tensor?.name ?? null, difference, state };
  });
  return rows.slice(1);
}
