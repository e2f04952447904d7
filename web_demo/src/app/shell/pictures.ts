/** Canvases to be looked at; what the model sees is never scaled here. */

import type { Preprocessing } from "../../preprocessing";
import { h } from "./dom";

const THUMB = 192;

/** Draws a preview into a canvas of its own size. */
export function picture(preview: ImageBitmap, label: string): HTMLCanvasElement {
  const canvas = h("canvas", {
    width: preview.width,
    height: preview.height,
    role: "img",
    "aria-label": label,
  });
  canvas.getContext("2d")?.drawImage(preview, 0, 0);
  return canvas;
}

/** A small copy of a preview. */
export function thumbnail(preview: ImageBitmap): HTMLCanvasElement | null {
  const scale = Math.min(1, THUMB / Math.max(preview.width, preview.height));
  const [width, height] = [preview.width, preview.height].map((side) =>
    Math.max(1, Math.round(side * scale)),
  );
  const canvas = h("canvas", { width, height, "aria-hidden": "true" });
  const context = canvas.getContext("2d");
  if (context === null) return null;
  context.imageSmoothingQuality = "high";
  context.drawImage(preview, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/** The input tensor as it is: one pixel for one value of each channel. */
export function drawTensor(canvas: HTMLCanvasElement, tensor: Uint8Array, preprocessing: Preprocessing): void {
  const { width, height, channels } = preprocessing;
  canvas.width = width;
  canvas.height = height;
  const pixels = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) pixels.data[4 * i + c] = tensor[i * channels + (channels === 3 ? c : 0)] ?? 0;
    pixels.data[4 * i + 3] = 255;
  }
  canvas.getContext("2d")?.putImageData(pixels, 0, 0);
}
