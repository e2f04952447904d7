/** A map or a photo, enlarged to squares, with frames on it. */

import { h } from "../../shell/dom";
import { type Hands, interactive, Sharp, type Surface } from "./sharp";

/** In cells. */
export interface Frame {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

export interface PictureHands {
  onPoint(row: number, column: number): void;
  onStep(right: number, down: number): void;
  onHover?(cell: readonly [row: number, column: number] | null): void;
}

/** From this size of a cell on, in CSS pixels, lines part the cells. */
const LINES_FROM = 9;
/** The largest side of a cell, in rem. */
const LARGEST = 4.5;

export class Picture {
  readonly element: HTMLElement;
  private readonly sharp = new Sharp((surface) => this.paint(surface));
  private image = document.createElement("canvas");
  private frames: readonly Frame[] = [];
  private shown: number | null = null;
  private wide = false;
  private readonly caption = h("figcaption", {});

  /**
   * @param margin cells of padding that are drawn around.
   * @param hands what happens when it is pointed at; null for a picture that is only looked at.
   */
  constructor(
    caption: string,
    hands: PictureHands | null = null,
    private readonly margin = 0,
  ) {
    this.caption.textContent = caption;
    this.element = h("figure", { class: "picture" }, this.sharp.canvas, this.caption);
    if (hands !== null) interactive(this.sharp.canvas, this.hands(hands));
  }

  get canvas(): HTMLCanvasElement {
    return this.sharp.canvas;
  }

  /** @param image one pixel for each cell. */
  show(image: HTMLCanvasElement, caption?: string): this {
    this.image = image;
    if (caption !== undefined) this.caption.textContent = caption;
    const [rows, columns] = this.cells();
    this.sharp.canvas.style.aspectRatio = `${columns} / ${rows}`;
    // A map of few cells needs no large ones.
    this.sharp.canvas.style.maxWidth = this.wide ? "" : `min(26rem, ${LARGEST * columns}rem)`;
    this.sharp.redraw();
    return this;
  }

  /** Takes all the width there is. */
  widen(): this {
    this.wide = true;
    this.element.classList.add("wide");
    return this;
  }

  /** Frames what is spoken of. */
  mark(...frames: readonly Frame[]): this {
    this.frames = frames;
    this.sharp.redraw();
    return this;
  }

  /** Veils all cells after so many, row by row; null shows all. */
  reveal(count: number | null): this {
    this.shown = count;
    this.sharp.redraw();
    return this;
  }

  /** What it says to those who do not see it. */
  describe(label: string): this {
    this.sharp.describe(label);
    return this;
  }

  private cells(): [rows: number, columns: number] {
    return [this.image.height + 2 * this.margin, this.image.width + 2 * this.margin];
  }

  private hands({ onPoint, onStep, onHover }: PictureHands): Hands {
    const cell = (x: number, y: number): [number, number] => {
      const [rows, columns] = this.cells();
      return [Math.floor(y * rows) - this.margin, Math.floor(x * columns) - this.margin];
    };
    return {
      onPoint: (x, y) => onPoint(...cell(x, y)),
      onStep,
      onHover: (place) => onHover?.(place === null ? null : cell(...place)),
    };
  }

  private paint({ context, width, height, ratio }: Surface): void {
    const [, columns] = this.cells();
    const unit = width / columns;
    context.imageSmoothingEnabled = false;
    if (this.margin > 0) this.paintPadding(context, width, height, unit);
    const { image, margin } = this;
    context.drawImage(image, margin * unit, margin * unit, image.width * unit, image.height * unit);
    if (unit / ratio >= LINES_FROM) this.paintLines(context, width, height, unit);
    if (this.shown !== null) this.paintVeil(context, unit, this.shown);
    for (const frame of this.frames) this.paintFrame(context, frame, unit, ratio);
  }

  /** Padding is no picture: hatched, whatever the colors. */
  private paintPadding(context: CanvasRenderingContext2D, width: number, height: number, unit: number): void {
    context.strokeStyle = "rgb(128 128 128 / 0.55)";
    context.lineWidth = Math.max(1, unit / 8);
    context.beginPath();
    for (let x = -height; x < width; x += Math.max(5, unit / 2)) {
      context.moveTo(x, height);
      context.lineTo(x + height, 0);
    }
    context.stroke();
  }

  private paintLines(context: CanvasRenderingContext2D, width: number, height: number, unit: number): void {
    context.strokeStyle = "rgb(128 128 128 / 0.45)";
    context.lineWidth = 1;
    context.beginPath();
    for (let x = unit; x < width - 1; x += unit) {
      context.moveTo(Math.round(x) + 0.5, 0);
      context.lineTo(Math.round(x) + 0.5, height);
    }
    for (let y = unit; y < height - 1; y += unit) {
      context.moveTo(0, Math.round(y) + 0.5);
      context.lineTo(width, Math.round(y) + 0.5);
    }
    context.stroke();
  }

  private paintVeil(context: CanvasRenderingContext2D, unit: number, shown: number): void {
    const { width, height } = this.image;
    const row = Math.floor(shown / width);
    const edge = this.margin * unit;
    context.fillStyle = getComputedStyle(this.canvas).backgroundColor;
    const cells = (left: number, top: number, right: number, bottom: number): void =>
      context.fillRect(edge + left * unit, edge + top * unit, (right - left) * unit, (bottom - top) * unit);
    if (row < height) cells(shown % width, row, width, row + 1);
    if (row + 1 < height) cells(0, row + 1, width, height);
  }

  /** White around black: seen on every color. */
  private paintFrame(context: CanvasRenderingContext2D, frame: Frame, unit: number, ratio: number): void {
    const { top, left, height, width } = frame;
    const at = (cell: number): number => (cell + this.margin) * unit;
    // Around the cells, for it would cover small ones; but within the picture.
    const grow = 1.5 * ratio;
    const edge = 2.25 * ratio;
    const [x, y] = [left, top].map((cell) => Math.max(edge, at(cell) - grow)) as [number, number];
    const right = Math.min(this.canvas.width - edge, at(left + width) + grow);
    const bottom = Math.min(this.canvas.height - edge, at(top + height) + grow);
    for (const [color, line] of [
      ["#fff", 4.5],
      ["#14171e", 2],
    ] as const) {
      context.strokeStyle = color;
      context.lineWidth = line * ratio;
      context.strokeRect(x, y, right - x, bottom - y);
    }
  }
}
