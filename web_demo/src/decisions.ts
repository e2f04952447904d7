/** What an answer is: the most probable label, the first of them on a tie, or "not sure". As gemelo/decisions.py. */

/** The index of the largest value, the first of them on a tie. */
export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if ((values[i] ?? -1) > (values[best] ?? -1)) best = i;
  return best;
}

/** Whether a top probability is enough for an answer; in float32, as Python does it. */
export function isSure({ threshold }: { readonly threshold: number | null }, probability: number): boolean {
  return threshold === null || probability >= Math.fround(threshold);
}
