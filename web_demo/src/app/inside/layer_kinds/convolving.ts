/** What all that speaks of a convolution has to know of it. */

import type { Layer, Tensor } from "../../../engine/inside";
import { Convolution } from "../arithmetic/convolution";
import { pair, windowsOf } from "../arithmetic/windows";
import type { LayerRoom } from "../room";

/** The convolution of a room, with its weights; null where it has none. */
export async function convolutionOf({ trace, layer, input, output }: LayerRoom): Promise<Convolution | null> {
  if (layer.kernel === null || layer.strides === null) return null;
  const [kernel, bias]: [Tensor, Tensor | null] = await Promise.all([
    trace.weight(layer.kernel),
    layer.bias === null ? null : trace.weight(layer.bias),
  ]);
  const windows = windowsOf(input.shape, output.shape, pair(kernel.shape), layer.strides, layer.padding);
  return new Convolution(input, kernel, bias, windows, isDepthwise(layer));
}

export const isDepthwise = ({ type }: Layer): boolean => type === "DepthwiseConv2D";

/** Whether it can be shown at work; the windows of a dilated one are no rectangles. */
export function hasWindows({ kernel, strides, padding }: Layer, input: readonly number[]): boolean {
  return kernel !== null && strides !== null && padding !== null && input.length === 3;
}

/** Whether the maps that a layer reads are the photo itself, rescaled at most. */
export function readsPhoto({ trace, index }: LayerRoom): boolean {
  return index === 0 || (index === 1 && trace.row(0).type === "Rescaling");
}

/** A value of the photo as it was before rescaling, 0-255. */
export function unscaled({ trace, index }: LayerRoom, value: number): number {
  const { scale, offset } = index === 0 ? { scale: 1, offset: 0 } : trace.row(0);
  return (value - (offset ?? 0)) / (scale ?? 1);
}
