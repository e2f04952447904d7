/** One photo is taken away: by a button on it, or by the key on its card. */

import type { App } from "../shell/app";
import { h } from "../shell/dom";
import type { Item } from "../shell/gallery";
import { say } from "../shell/i18n";
import { words } from "./words";

export function removeButton(app: App, item: Item): HTMLButtonElement {
  const label = say(words).remove(item.name);
  const click = (): void => removePhoto(app, item);
  return h("button", { class: "remove", type: "button", title: label, "aria-label": label, on: { click } });
}

/** The focus goes to the card that takes its place; where there is none, to what is left to do. */
export function removePhoto(app: App, item: Item): void {
  const at = app.gallery.items.indexOf(item);
  app.gallery.remove(item.id);
  app.announce(say(words).removed(item.name));
  const cards = [...document.querySelectorAll<HTMLElement>(".photo-card")];
  const others = document.querySelectorAll<HTMLElement>(".stage .remove, .drop");
  const next = [cards[at], cards.at(-1), ...[...others].reverse()];
  next.find((one) => one?.checkVisibility?.() ?? false)?.focus({ preventScroll: true });
}
