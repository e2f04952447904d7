/** Elements without a framework. Text is always text: nothing here parses HTML. */

import { language } from "./i18n";

export type Child = Node | string | null | undefined | false;

type Events = { [K in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[K]) => void };
type Attribute = string | number | boolean | null | undefined;

/** `class`, `text` and `on` are special; true sets an empty attribute; false, null and undefined set none. */
export type Props = {
  readonly class?: string;
  readonly text?: string;
  readonly on?: Events;
} & { readonly [attribute: string]: Attribute | Events };

/** `h("button", { class: "button", on: { click } }, "Choose")`. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name === "text") element.textContent = String(value);
    else if (typeof value === "object" && value !== null) listen(element, value);
    else setAttribute(element, name, value);
  }
  element.append(...children.filter((child): child is Node | string => isShown(child)));
  return element;
}

function isShown(child: Child): boolean {
  return child !== null && child !== undefined && child !== false;
}

function listen(element: HTMLElement, events: Events): void {
  for (const [name, listener] of Object.entries(events)) {
    element.addEventListener(name, listener as EventListener);
  }
}

/** Sets an attribute, or takes it away where the value is false, null or undefined. */
export function setAttribute(element: Element, name: string, value: Attribute): void {
  if (value === false || value === null || value === undefined) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? "" : String(value));
}

/** A share as people read it: 0.9731 is "97.3 %", and "97,3 %" in Spanish. */
export function percent(share: number): string {
  return `${decimal(share * 100, 1)}\u00a0%`;
}

/** "0.82 ms", "12.3 ms", "1,204 ms": three figures are enough. */
export function milliseconds(ms: number): string {
  return `${decimal(ms, ms < 10 ? 2 : ms < 100 ? 1 : 0)}\u00a0ms`;
}

/** "310 kB", "2.9 MB": thousands, as networks count. */
export function kilobytes(bytes: number): string {
  return bytes < 999_500 ? `${decimal(bytes / 1e3, 0)}\u00a0kB` : `${decimal(bytes / 1e6, 1)}\u00a0MB`;
}

/** A number with that many digits after its point, in the language that is spoken. */
export function decimal(value: number, digits: number): string {
  return value.toLocaleString(language(), { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** 8.94e-8 with one digit is "8.9e-8", in Spanish "8,9e-8": of a difference only its size matters. */
export function scientific(value: number, digits = 1): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const [figures, exponent] = value.toExponential(digits).split("e");
  return `${decimal(Number(figures), digits)}e${exponent?.replace("+", "")}`;
}

const styles = new Map<string, Promise<void>>();

/** Adds a view's stylesheet once, and waits until it applies, so that nothing is seen without it. */
export function loadStyle(url: string): Promise<void> {
  const known = styles.get(url);
  if (known !== undefined) return known;
  const loaded = new Promise<void>((resolve) => {
    const done = (): void => resolve();
    // Without its stylesheet a view is plain, not broken: an error ends the waiting too.
    document.head.append(h("link", { rel: "stylesheet", href: url, on: { load: done, error: done } }));
  });
  styles.set(url, loaded);
  return loaded;
}
