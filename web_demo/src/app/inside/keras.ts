/** A layer as the line of Keras that makes it, and its parameters counted. */

import type { Layer } from "../../engine/inside";
import { count, size, volume } from "./format";

type Writer = (layer: Layer) => string;

const pair = (values: readonly number[] | null | undefined): string => `(${(values ?? []).join(", ")})`;
const strides = ({ strides: by }: Layer): string =>
  by === null || by.every((one) => one === 1) ? "" : `, strides=${pair(by)}`;
const padding = ({ padding: by }: Layer): string => (by === "same" ? `, padding="same"` : "");

const WRITERS: Readonly<Record<string, Writer>> = {
  Rescaling: ({ scale, offset }) => `Rescaling(${fraction(scale)}${offset ? `, offset=${offset}` : ""})`,
  Conv2D: (layer) =>
    `Conv2D(${layer.shape.at(-1)}, ${pair(layer.kernel?.shape.slice(0, 2))}${strides(layer)}${padding(layer)})`,
  DepthwiseConv2D: (layer) =>
    `DepthwiseConv2D(${pair(layer.kernel?.shape.slice(0, 2))}${strides(layer)}${padding(layer)})`,
  Activation: ({ activation }) => `Activation("${activation}")`,
  MaxPooling2D: (layer) => `MaxPooling2D(${pair(layer.pool)}${pooled(layer)}${padding(layer)})`,
  AveragePooling2D: (layer) => `AveragePooling2D(${pair(layer.pool)}${pooled(layer)}${padding(layer)})`,
  Flatten: () => "Flatten()",
  Dense: ({ shape }) => `Dense(${shape.at(-1)})`,
};

/** "Conv2D(32, (3, 3), strides=(3, 3))". */
export function source(layer: Layer): string {
  return WRITERS[layer.type]?.(layer) ?? `${layer.type}()`;
}

/** "3 × 3 × 3 × 32 + 32 = 896"; null where there is nothing to learn. */
export function parameters({ kernel, bias }: Layer): string | null {
  if (kernel === null) return null;
  const all = volume(kernel.shape) + (bias === null ? 0 : volume(bias.shape));
  return `${size(kernel.shape)}${bias === null ? "" : ` + ${size(bias.shape)}`} = ${count(all)}`;
}

/** 1/255 is what was written, not 0.00392156862745098; null where it is no such fraction. */
export function divisor(scale: number | null): number | null {
  const divisor = Math.round(1 / (scale ?? NaN));
  return Math.abs((scale ?? NaN) * divisor - 1) < 1e-6 ? divisor : null;
}

function fraction(scale: number | null): string {
  const by = divisor(scale);
  return by === null || by === 1 ? String(scale) : `1/${by}`;
}

/** Pooling windows lie side by side unless it is said otherwise. */
function pooled({ pool, strides: by }: Layer): string {
  return by === null || String(by) === String(pool) ? "" : `, strides=${pair(by)}`;
}
