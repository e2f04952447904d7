/** One step after another: buttons, a slider, a list, arrow keys; the address keeps the place. */

import { h, setAttribute } from "../shell/dom";
import { say } from "../shell/i18n";
import { size } from "./format";
import { parameters, source } from "./keras";
import type { Step } from "./room";
import { words } from "./words";

/** What uses the arrow keys itself. */
const TAKES_ARROWS = "input, select, textarea, [role=radio], [role=application], [contenteditable]";
const WIDE = "(min-width: 60rem)";

export class Stepper {
  readonly element: HTMLElement;
  private readonly previous: HTMLElement;
  private readonly next: HTMLElement;
  private readonly slider: HTMLInputElement;
  private readonly count = h("span", { class: "count" });
  private readonly links: HTMLElement[];
  private readonly card = h("section", { class: "card step" });

  /** @param draw fills the body of a step. */
  constructor(
    private readonly steps: readonly Step[],
    private at: number,
    private readonly draw: (step: Step, body: HTMLElement) => void,
    private readonly onStep: (text: string) => void,
    private readonly thumbnail: (step: Step) => HTMLCanvasElement | null,
  ) {
    const said = say(words);
    this.previous = this.button(said.previous, "←", -1);
    this.next = this.button(said.next, "→", 1);
    const input = (): void => this.go(this.slider.valueAsNumber - 1);
    this.slider = h("input", {
      ...{ type: "range", min: 1, max: steps.length, step: 1, "aria-label": said.step },
      on: { input },
    });
    this.links = steps.map((step, i) => this.link(step, i));
    const bar = h("div", { class: "stepper" }, this.previous, this.slider, this.count, this.next);
    this.element = h("div", { class: "steps" }, bar, h("div", { class: "columns" }, this.list(), this.card));
    this.show();
  }

  get index(): number {
    return this.at;
  }

  get step(): Step {
    return this.steps[this.at] as Step;
  }

  /** Left and right go from step to step, unless what has the focus uses them. */
  key(event: KeyboardEvent): void {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (
      step === 0 ||
      event.defaultPrevented ||
      event.ctrlKey ||
      event.altKey ||
      event.metaKey ||
      event.shiftKey
    )
      return;
    if (event.target instanceof Element && event.target.closest(TAKES_ARROWS) !== null) return;
    event.preventDefault();
    this.go(this.at + step);
  }

  /** Draws the step once more. */
  show(): void {
    const { stepOf } = say(words);
    const { step } = this;
    const which = stepOf(this.at + 1, this.steps.length);
    this.slider.value = String(this.at + 1);
    this.slider.setAttribute("aria-valuetext", `${which}: ${step.title}`);
    this.count.textContent = `${this.at + 1} / ${this.steps.length}`;
    setAttribute(this.previous, "aria-disabled", this.at === 0 && "true");
    setAttribute(this.next, "aria-disabled", this.at === this.steps.length - 1 && "true");
    this.links.forEach((link, i) => setAttribute(link, "aria-current", i === this.at && "step"));
    this.scrollList();
    const body = h("div", { class: "body" });
    this.card.replaceChildren(h("h2", { text: `${this.at + 1}. ${step.title}` }), ...facts(step), body);
    this.draw(step, body);
  }

  /** Keeps the step in sight where the list is longer than the window; the page itself stays where it is. */
  private scrollList(): void {
    const [link, list] = [this.links[this.at], this.links[0]?.closest("details")];
    if (link === undefined || !list) return;
    const [inner, outer] = [link.getBoundingClientRect(), list.getBoundingClientRect()];
    list.scrollTop +=
      Math.min(0, inner.top - outer.top - 40) +
      Math.max(0, inner.bottom - Math.min(outer.bottom, innerHeight) + 40);
  }

  private go(index: number): void {
    const next = Math.min(this.steps.length - 1, Math.max(0, index));
    if (next === this.at) return;
    this.at = next;
    // Not pushed: the back button leaves the view, and does not walk through every step that was seen.
    history.replaceState(null, "", `#inside/${next + 1}`);
    this.show();
    // Whoever has scrolled down to the end of a step begins the next at its top.
    if (this.element.getBoundingClientRect().top < 0) this.element.scrollIntoView({ block: "start" });
    this.onStep(`${say(words).stepOf(next + 1, this.steps.length)}: ${this.steps[next]?.title}`);
  }

  private button(text: string, arrow: string, step: number): HTMLElement {
    const click = (): void => this.go(this.at + step);
    const sign = h("span", { text: arrow, "aria-hidden": "true" });
    const word = h("span", { class: "word", text });
    return h(
      "button",
      { class: "button quiet small", type: "button", "aria-label": text, on: { click } },
      ...(step < 0 ? [sign, word] : [word, sign]),
    );
  }

  private link(step: Step, i: number): HTMLElement {
    const { title, shape } = step;
    const click = (event: MouseEvent): void => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.go(i);
    };
    const sizes = shape === "" ? [] : [h("span", { class: "muted", text: shape })];
    const thumb = this.thumbnail(step);
    thumb?.setAttribute("aria-hidden", "true");
    return h("a", { href: `#inside/${i + 1}`, on: { click } }, h("span", { text: title }), ...sizes, thumb);
  }

  private list(): HTMLElement {
    const { steps, keys } = say(words);
    const items = this.links.map((link) => h("li", {}, link));
    const nav = h(
      "nav",
      { "aria-label": steps },
      h("ol", {}, ...items),
      h("p", { class: "muted by-keys", text: keys }),
    );
    return h(
      "details",
      { class: "list", open: matchMedia(WIDE).matches },
      h("summary", { text: steps }),
      nav,
    );
  }
}

/** The line of Keras that makes the layer, its shapes, and its parameters. */
function facts({ layer, from }: Step): HTMLElement[] {
  if (layer === null || from === null) return [];
  const said = say(words);
  const learned = parameters(layer);
  return [
    h(
      "p",
      { class: "facts" },
      h("code", { text: source(layer), title: said.keras }),
      h("span", { class: "chip", text: said.becomes(size(from), size(layer.shape)) }),
      ...(learned === null ? [] : [h("span", { class: "muted", text: said.parameters(learned) })]),
    ),
  ];
}
