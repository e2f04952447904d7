/** Maps as canvases of their own size: enlarged by the style sheet or by a Picture, they stay sharp. */

import type { Tensor } from "../../../engine/inside";
import { channelRange, channelsOf } from "../arithmetic/statistics";
import { paint, palette, type Scheme } from "./colors";

/** One channel of (height, width, channels). */
export function mapImage(
  tensor: Tensor,
  channel: number,
  colors: Scheme,
  limit = channelRange(tensor, channel).limit,
  canvas = document.createElement("canvas"),
): HTMLCanvasElement {
  const [height, width] = tensor.shape as [number, number];
  const step = channelsOf(tensor);
  return painted(canvas, width, height, (pixels) =>
    paint(pixels, tensor.data, { first: channel, step, limit }, palette(colors)),
  );
}

/** A list as a picture of so many columns; what is left of the last row stays clear. */
export function listImage(
  data: ArrayLike<number>,
  columns: number,
  limit: number,
  colors: Scheme,
): HTMLCanvasElement {
  const rows = Math.ceil(data.length / columns);
  return painted(document.createElement("canvas"), columns, rows, (pixels) =>
    paint(pixels.subarray(0, data.length), data, { limit }, palette(colors)),
  );
}

function painted(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
  fill: (pixels: Uint32Array) => void,
): HTMLCanvasElement {
  canvas.width = width;
  canvas.height = height;
  const image = new ImageData(width, height);
  fill(new Uint32Array(image.data.buffer));
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return canvas;
}
