/** Activations that can be written out; of any other the values are shown, and no formula. */

export interface Formula {
  /** Of one value. */
  of(x: number): number;
  /** How it is written, in letters. */
  readonly text: string;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

export const FORMULAS: Readonly<Record<string, Formula>> = {
  relu: { of: (x) => Math.max(0, x), text: "max(0, x)" },
  relu6: { of: (x) => Math.min(6, Math.max(0, x)), text: "min(6, max(0, x))" },
  sigmoid: { of: sigmoid, text: "1 / (1 + e^(−x))" },
  tanh: { of: Math.tanh, text: "tanh(x)" },
  silu: { of: (x) => x * sigmoid(x), text: "x / (1 + e^(−x))" },
  elu: { of: (x) => (x > 0 ? x : Math.expm1(x)), text: "x > 0 ? x : e^x − 1" },
  softplus: { of: (x) => Math.log1p(Math.exp(-Math.abs(x))) + Math.max(0, x), text: "ln(1 + e^x)" },
  hard_sigmoid: { of: (x) => Math.min(1, Math.max(0, x / 6 + 0.5)), text: "min(1, max(0, x / 6 + 0.5))" },
  linear: { of: (x) => x, text: "x" },
};

export interface Softmax {
  readonly powers: readonly number[];
  readonly total: number;
  readonly probabilities: readonly number[];
}

/** Softmax as it is taught: powers of e, and their shares of the sum. */
export function softmax(logits: ArrayLike<number>): Softmax {
  const values = Array.from(logits);
  // Against overflow, as the runtimes do it; the shares stay the same.
  const shift = Math.max(...values) > 80 ? Math.max(...values) : 0;
  const powers = values.map((z) => Math.exp(z - shift));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return { powers, total, probabilities: powers.map((power) => power / total) };
}

/** What comes out for all logits; null where it cannot be written out. */
export function activate(name: string | null, logits: ArrayLike<number>): number[] | null {
  if (name === "softmax") return [...softmax(logits).probabilities];
  const formula = name === null ? undefined : FORMULAS[name];
  return formula === undefined ? null : Array.from(logits, (z) => formula.of(z));
}
