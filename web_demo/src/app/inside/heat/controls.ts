/** The heat map's own controls: opacity, progress, and what may be canceled. */

import { h } from "../../shell/dom";
import { say } from "../../shell/i18n";
import { words } from "../words";

export function opacityField(value: number, onChange: (opacity: number) => void): HTMLElement {
  const input = h("input", {
    type: "range",
    min: 0,
    max: 100,
    value: Math.round(value * 100),
    on: { input: () => onChange(input.valueAsNumber / 100) },
  });
  return h("label", { class: "field range" }, say(words).heat.opacity, input);
}

/** A bar that fills, and a button that ends it. */
export class Progress {
  readonly element: HTMLElement;
  private readonly filled = h("span");
  private readonly count = h("span", { class: "muted" });
  private readonly button: HTMLButtonElement;
  private click: () => void = () => undefined;

  constructor() {
    const bar = h("div", { class: "bar first", "aria-hidden": "true" }, this.filled);
    this.button = h("button", {
      class: "button quiet small",
      type: "button",
      on: { click: () => this.click() },
    });
    this.element = h("div", { class: "row heat-progress" }, bar, this.count, this.button);
  }

  running(done: number, all: number, cancel: () => void): void {
    const { progress, cancel: word } = say(words).heat;
    this.element.hidden = false;
    this.filled.style.inlineSize = `${all > 0 ? (100 * done) / all : 0}%`;
    this.count.textContent = progress(done, all);
    this.button.textContent = word;
    this.click = cancel;
  }

  stopped(text: string, again: () => void): void {
    this.element.hidden = false;
    this.count.textContent = text;
    this.button.textContent = say(words).heat.again;
    this.click = again;
  }

  done(): void {
    this.element.hidden = true;
  }
}
