/** The header: tabs, language, colors. */

import { h, setAttribute } from "./dom";
import { LANGUAGES, language, say, setLanguage } from "./i18n";
import { recall, remember } from "./store";
import type { ViewId } from "./view";
import { words } from "./words";

const THEMES = ["auto", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];
const THEME_KEY = "gemelo.theme";

const LANGUAGE_NAMES = { en: "English", es: "Español" } as const;

export const byId = (id: string): HTMLElement => {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`index.html has no #${id}`);
  return found;
};

/** The tabs as links: they work as bookmarks, and with the middle button. */
export function drawTabs(titles: ReadonlyMap<ViewId, string>, current: ViewId): void {
  const nav = byId("tabs");
  nav.setAttribute("aria-label", say(words).tabs);
  const links = [...titles].map(([id, text]) =>
    h("a", { href: `#${id}`, text, "aria-current": id === current && "page" }),
  );
  nav.replaceChildren(...links);
  // On a phone the tabs may be wider than the screen.
  links
    .find((link) => link.hasAttribute("aria-current"))
    ?.scrollIntoView?.({ block: "nearest", inline: "nearest" });
}

/** Switches of language and colors. */
export function drawSwitches(): void {
  const languages = LANGUAGES.map((one) =>
    h("button", {
      type: "button",
      lang: one,
      text: one.toUpperCase(),
      title: LANGUAGE_NAMES[one],
      "aria-label": `${one.toUpperCase()}, ${LANGUAGE_NAMES[one]}`,
      "aria-pressed": String(one === language()),
      on: { click: () => setLanguage(one) },
    }),
  );
  const group = h("div", { role: "group", "aria-label": say(words).language }, ...languages);
  const place = byId("switches");
  const focused = [...place.querySelectorAll("button")].findIndex((one) => one === document.activeElement);
  place.replaceChildren(group, themeButton());
  place.querySelectorAll("button")[focused]?.focus();
  byId("skip").textContent = say(words).skip;
  document.documentElement.lang = language();
}

function themeButton(): HTMLElement {
  const button = h(
    "button",
    {
      type: "button",
      on: { click: () => show(THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length] ?? "auto") },
    },
    h("span", { class: "sun", "aria-hidden": "true" }),
  );
  const label = (): void => {
    button.title = say(words).theme[theme()];
    button.setAttribute("aria-label", button.title);
  };
  const show = (next: Theme): void => {
    remember(THEME_KEY, next);
    applyTheme(next);
    label();
  };
  label();
  return button;
}

let shownTheme: Theme | null = null;

function theme(): Theme {
  return (shownTheme ??= THEMES.find((one) => one === recall(THEME_KEY)) ?? "auto");
}

/** "auto" is the system's: no attribute. */
export function applyTheme(next: Theme = theme()): void {
  shownTheme = next;
  setAttribute(document.documentElement, "data-theme", next === "auto" ? null : next);
}
