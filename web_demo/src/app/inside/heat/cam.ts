/**
 * Class activation maps (Zhou et al. 2016, "Learning Deep Features for Discriminative Localization"): in a network that
 * ends in the means of its feature maps and one dense layer, a label's score is the mean of a map.
 */

import type { Tensor } from "../../../engine/inside";
import type { Heat } from "./upsample";

/**
 * What every cell says for a label.
 *
 * @param features (height, width, channels), the last before their means are taken.
 * @param kernel (channels, labels).
 */
export function activationMap(features: Tensor, kernel: Tensor, label: number): Heat {
  const [height, width, channels] = features.shape as [number, number, number];
  const labels = kernel.shape[1] ?? 1;
  const values = Float32Array.from({ length: height * width }, (_, cell) => {
    let sum = 0;
    for (let c = 0; c < channels; c++) {
      sum += features.data[cell * channels + c]! * kernel.data[c * labels + label]!;
    }
    return sum;
  });
  return { width, height, values };
}

/** The label's score, by way of the map: its mean and the bias. */
export function scoreOf({ values }: Heat, bias: Tensor | null, label: number): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length + (bias?.data[label] ?? 0);
}
