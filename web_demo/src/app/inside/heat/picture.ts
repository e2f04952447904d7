/** A heat map over the photo. */

import type { Preprocessing } from "../../../preprocessing";
import { h } from "../../shell/dom";
import { drawTensor } from "../../shell/pictures";
import type { Prepared } from "../../../engine/photos";
import { colorOf, type Scheme } from "../draw/colors";
import { Sharp, type Surface } from "../draw/sharp";
import { type Place, placeOf } from "./placement";
import type { Heat } from "./upsample";

export const OPACITY = 0.7;

export class HeatPicture {
  readonly element: HTMLElement;
  private readonly sharp = new Sharp((surface) => this.paint(surface));
  private readonly photo: CanvasImageSource & { readonly width: number; readonly height: number };
  private readonly place: Place;
  private heat: HTMLCanvasElement | null = null;
  private opacity = OPACITY;

  /** The photo as it was given; where there is no picture of it, what the network sees. */
  constructor(
    { preview, tensor }: Prepared,
    preprocessing: Preprocessing,
    private readonly colors: Scheme,
  ) {
    const seen = document.createElement("canvas");
    drawTensor(seen, tensor, preprocessing);
    this.photo = preview ?? seen;
    this.place = placeOf(preview === null ? { ...preprocessing, fit: "squash" } : preprocessing, this.photo);
    this.sharp.canvas.style.aspectRatio = `${this.photo.width} / ${this.photo.height}`;
    this.element = h("div", { class: "heat-picture" }, this.sharp.canvas);
  }

  /** @param limit the magnitude that has the full color. */
  show(heat: Heat | null, limit: number): void {
    this.heat = heat === null ? null : heatImage(heat, limit, this.colors);
    this.sharp.redraw();
  }

  setOpacity(opacity: number): void {
    this.opacity = opacity;
    this.sharp.redraw();
  }

  describe(label: string): void {
    this.sharp.describe(label);
  }

  private paint({ context, width, height }: Surface): void {
    context.imageSmoothingQuality = "high";
    context.drawImage(this.photo, 0, 0, width, height);
    if (this.heat === null) return;
    this.fade(context, width, height);
    const scale = width / this.photo.width;
    const { left, top, width: across, height: down } = this.place;
    context.globalAlpha = this.opacity;
    context.drawImage(this.heat, left * scale, top * scale, across * scale, down * scale);
    context.globalAlpha = 1;
  }

  /** The photo loses its own colors as the map's come over it, so that one is not taken for the other. */
  private fade(context: CanvasRenderingContext2D, width: number, height: number): void {
    context.globalCompositeOperation = "saturation";
    context.globalAlpha = Math.min(1, 2 * this.opacity);
    context.fillStyle = "#808080";
    context.fillRect(0, 0, width, height);
    context.globalCompositeOperation = "source-over";
  }
}

/** One pixel for each value: the stronger, the more color and the less of the photo. */
function heatImage({ width, height, values }: Heat, limit: number, colors: Scheme): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  const image = new ImageData(width, height);
  const ends = { ...colors, zero: [255, 255, 255] as const };
  values.forEach((value, i) => {
    const share = limit > 0 ? Math.min(1, Math.abs(value) / limit) : 0;
    image.data.set([...colorOf(ends, Math.sign(value), 1), Math.round(255 * share)], 4 * i);
  });
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return canvas;
}
