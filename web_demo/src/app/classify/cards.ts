/** The grid of all photos: each card its own state, one of them the current one; arrow keys walk through it. */

import type { App } from "../shell/app";
import { h, percent, setAttribute } from "../shell/dom";
import { sentence } from "../shell/errors";
import type { Item } from "../shell/gallery";
import { say } from "../shell/i18n";
import { stateText } from "./answer";
import { toCsv } from "./csv";
import { removeButton, removePhoto } from "./remove";
import { verdictOf } from "./verdict";
import { words } from "./words";

export interface Cards {
  readonly element: HTMLElement;
  /** After one photo changed; null: photos came or went. */
  refresh(item: Item | null): void;
}

export function cards(app: App): Cards {
  const list = h("ul", { class: "grid cards" });
  const counts = h("p", { class: "muted" });
  const bar = h("span", {});
  const progress = h("div", { class: "bar first", "aria-hidden": "true" }, bar);
  const element = h("section", { class: "all" }, heading(app, counts), progress, list);
  const known = new Map<Item, HTMLButtonElement>();
  list.addEventListener("keydown", (event) => walk(event, list, app));
  const refresh = (item: Item | null): void => {
    const { items } = app.gallery;
    element.hidden = items.length < 2;
    if (item === null) rebuild(app, list, known);
    else fill(app, item, known.get(item));
    if (item === null) for (const one of items) fill(app, one, known.get(one));
    count(app, counts, bar, progress);
  };
  refresh(null);
  return { element, refresh };
}

function heading(app: App, counts: HTMLElement): HTMLElement {
  const { csv, clear, keys } = say(words);
  const button = (text: string, click: () => void): HTMLElement =>
    h("button", { class: "button quiet small", type: "button", text, on: { click } });
  return h(
    "div",
    { class: "row" },
    counts,
    button(csv, () => download(app)),
    button(clear, () => app.gallery.clear()),
    h("span", { class: "visually-hidden", text: keys }),
  );
}

function count(app: App, counts: HTMLElement, bar: HTMLElement, progress: HTMLElement): void {
  const { items } = app.gallery;
  const text = say(words);
  const failed = items.filter(({ state }) => state === "failed").length;
  const done = items.filter(({ state }) => state === "done").length + failed;
  const parts = [done === items.length ? text.photos(done) : text.progress(done, items.length)];
  if (failed > 0) parts.push(text.failed(failed));
  counts.textContent = parts.join(" · ");
  bar.style.width = `${(100 * done) / Math.max(1, items.length)}%`;
  progress.hidden = done === items.length;
}

/** Adds what came and removes what went; what stays keeps its element, and so its focus. */
function rebuild(app: App, list: HTMLElement, known: Map<Item, HTMLButtonElement>): void {
  const { items } = app.gallery;
  const there = new Set(items);
  for (const [item, button] of known) {
    if (there.has(item)) continue;
    button.parentElement?.remove();
    known.delete(item);
  }
  for (const item of items.filter((one) => !known.has(one))) {
    const click = (): void => app.gallery.select(item.id);
    const button = h("button", { class: "photo-card", type: "button", on: { click } });
    known.set(item, button);
    list.append(h("li", { class: "removable" }, button, removeButton(app, item)));
  }
}

function fill(app: App, item: Item, button: HTMLButtonElement | undefined): void {
  if (button === undefined) return;
  const chosen = app.gallery.selected === item;
  button.dataset["id"] = String(item.id);
  button.tabIndex = chosen ? 0 : -1;
  if (button.nextElementSibling instanceof HTMLElement) button.nextElementSibling.tabIndex = button.tabIndex;
  button.className = `photo-card ${item.state}`;
  setAttribute(button, "aria-current", chosen && "true");
  button.replaceChildren(
    item.thumb ?? h("span", { class: "blank", "aria-hidden": "true" }),
    h("span", { class: "name", text: item.name }),
    verdict(app, item),
  );
}

function verdict(app: App, item: Item): HTMLElement {
  const { answer, state } = item;
  if (state === "failed") return h("span", { class: "bad why", text: sentence(item.error) });
  if (answer === null) return h("span", { class: "muted", text: stateText(app, item) });
  const { text, share, sure } = verdictOf(app.page, answer.probabilities);
  return h(
    "span",
    { class: sure ? "verdict" : "verdict unsure" },
    h("strong", { text }),
    ` ${percent(share)}`,
  );
}

function walk(event: KeyboardEvent, list: HTMLElement, app: App): void {
  const buttons = [...list.querySelectorAll<HTMLButtonElement>(".photo-card")];
  const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
  const columns = getComputedStyle(list).gridTemplateColumns.split(" ").length;
  const last = buttons.length - 1;
  const steps: Record<string, number> = {
    ArrowLeft: at - 1,
    ArrowRight: at + 1,
    ArrowUp: at - columns,
    ArrowDown: at + columns,
    Home: 0,
    End: last,
  };
  const item = app.gallery.items[at];
  if (event.key === "Delete" && item !== undefined) return removePhoto(app, item);
  const wanted = steps[event.key];
  if (at < 0 || wanted === undefined) return;
  event.preventDefault();
  const next = buttons[Math.max(0, Math.min(last, wanted))];
  next?.focus();
  if (next !== undefined) app.gallery.select(Number(next.dataset["id"]));
}

function download(app: App): void {
  const text = toCsv(app.gallery.items, app.page, sentence);
  const href = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  h("a", { href, download: `${app.page.name}.csv` }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}
