/** One unit of a dense layer: what every value adds to it. */

import type { Tensor } from "../../../engine/inside";

export interface Contribution {
  /** Of the value in the input. */
  readonly index: number;
  readonly value: number;
  readonly weight: number;
  readonly product: number;
}

export interface Unit {
  /** The strongest first, whatever their sign. */
  readonly contributions: readonly Contribution[];
  readonly sum: number;
  readonly bias: number;
  readonly value: number;
}

/**
 * @param input (inputs,).
 * @param kernel (inputs, units).
 * @param bias (units,).
 */
export function unitAt(input: Tensor, kernel: Tensor, bias: Tensor | null, unit: number): Unit {
  const units = kernel.shape[1] ?? 1;
  const contributions = Array.from(input.data, (value, index) => {
    const weight = kernel.data[index * units + unit] ?? NaN;
    return { index, value, weight, product: value * weight };
  });
  const sum = contributions.reduce((total, { product }) => total + product, 0);
  contributions.sort((a, b) => Math.abs(b.product) - Math.abs(a.product));
  const added = bias?.data[unit] ?? 0;
  return { contributions, sum, bias: added, value: sum + added };
}
