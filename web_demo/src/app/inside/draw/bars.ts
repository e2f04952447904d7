/** A list of values as bars around a line for zero; one of them is chosen. */

import { h } from "../../shell/dom";
import { rangeOf } from "../arithmetic/statistics";
import { css, type Scheme } from "./colors";
import { interactive, Sharp, type Surface } from "./sharp";

export class Bars {
  readonly element: HTMLElement;
  private readonly sharp = new Sharp((surface) => this.paint(surface));
  private values: ArrayLike<number> = [];
  private chosen: number | null = null;
  private readonly caption = h("figcaption", {});

  /** @param onChoose null for bars that are only looked at. */
  constructor(
    caption: string,
    private readonly colors: Scheme,
    onChoose: ((index: number) => void) | null = null,
  ) {
    this.caption.textContent = caption;
    this.element = h("figure", { class: "bars-figure" }, this.sharp.canvas, this.caption);
    if (onChoose === null) return;
    interactive(this.sharp.canvas, {
      onPoint: (x) => onChoose(Math.floor(x * this.values.length)),
      onStep: (right, down) => {
        const next = (this.chosen ?? 0) + right - down;
        onChoose(Math.min(this.values.length - 1, Math.max(0, next)));
      },
    });
  }

  get canvas(): HTMLCanvasElement {
    return this.sharp.canvas;
  }

  show(values: ArrayLike<number>, chosen: number | null = null, caption?: string): this {
    this.values = values;
    this.chosen = chosen;
    if (caption !== undefined) this.caption.textContent = caption;
    this.sharp.redraw();
    return this;
  }

  describe(label: string): this {
    this.sharp.describe(label);
    return this;
  }

  private paint({ context, width, height, ratio }: Surface): void {
    const { values, colors, chosen } = this;
    const { least, most } = rangeOf(values);
    const [low, high] = [Math.min(0, least), Math.max(0, most)];
    const room = 6 * ratio;
    const y = (value: number): number => room + ((high - value) / (high - low || 1)) * (height - 2 * room);
    const step = width / values.length;
    const bar = Math.max(1, step * (step > 4 * ratio ? 0.75 : 1));
    const text = getComputedStyle(this.canvas).color;
    if (chosen !== null) this.paintChosen(context, chosen, step, height, ratio);
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      context.fillStyle = css(value < 0 ? colors.negative : colors.positive);
      context.fillRect(i * step + (step - bar) / 2, Math.min(y(0), y(value)), bar, Math.abs(y(value) - y(0)));
    }
    context.fillStyle = text;
    context.fillRect(0, Math.round(y(0)), width, Math.max(1, ratio));
  }

  private paintChosen(
    context: CanvasRenderingContext2D,
    chosen: number,
    step: number,
    height: number,
    ratio: number,
  ): void {
    const wide = Math.max(step, 5 * ratio);
    const left = (chosen + 0.5) * step - wide / 2;
    context.fillStyle = "rgb(128 128 128 / 0.3)";
    context.fillRect(left, 0, wide, height);
    context.strokeStyle = getComputedStyle(this.canvas).color;
    context.lineWidth = 1.5 * ratio;
    context.strokeRect(left, ratio, wide, height - 2 * ratio);
  }
}
