/** Three selects that follow one another: a runtime, what it runs on, and a variant of the model. */

import { type Choice, choices } from "../../engine/engine";
import { titleOf } from "../../runtimes/registry";
import type { App } from "../shell/app";
import { h } from "../shell/dom";
import { say } from "../shell/i18n";
import { words } from "./words";

const KEYS = ["runtime", "backend", "variant"] as const;
type Key = (typeof KEYS)[number];

/** @param endings where it puts what must be called when it is no longer seen. */
export function chooser(app: App, endings: (() => void)[]): HTMLElement {
  const text = say(words);
  const all = choices(app.page);
  const selects = KEYS.map((key) => h("select", { id: `choose-${key}` }));
  const take = h("button", { class: "button", type: "button", text: text.take });
  const wanted = (): Choice =>
    Object.fromEntries(KEYS.map((key, i) => [key, selects[i]?.value])) as unknown as Choice;
  const offer = (now: Choice): void => {
    KEYS.forEach(
      (key, i) => selects[i] && fillSelect(selects[i], key, optionsOf(all, key, i, now), now[key]),
    );
  };
  const enable = (): void => {
    const { stage } = app.status;
    take.disabled = stage === "loading" || stage === "checking";
  };
  selects.forEach((select) => select.addEventListener("change", () => offer(fitting(all, wanted()))));
  take.addEventListener("click", () => void app.select(wanted()));
  const first = app.status.stage === "ready" ? app.engine.choice : all[0];
  if (first !== undefined) offer(first);
  enable();
  endings.push(
    app.onStatus(enable),
    app.onEngine(() => offer(app.engine.choice)),
  );
  const fields = KEYS.map((key, i) => h("label", { class: "field" }, text[key], selects[i]));
  return h(
    "section",
    { class: "card" },
    h("h2", { text: text.choose }),
    h("p", { class: "muted", text: text.chooseText }),
    h("div", { class: "row fields" }, ...fields, take),
  );
}

/** Values of the i-th select that go with what the ones before it say. */
function optionsOf(all: readonly Choice[], key: Key, i: number, now: Choice): string[] {
  const before = KEYS.slice(0, i);
  const fit = all.filter((choice) => before.every((one) => choice[one] === now[one]));
  return [...new Set(fit.map((choice) => choice[key]))];
}

/** The choice that keeps as much of what is wanted as there is. */
export function fitting(all: readonly Choice[], wanted: Choice): Choice {
  const agree = (choice: Choice): number => {
    const [runtime, backend, variant] = KEYS.map((key) => (choice[key] === wanted[key] ? 1 : 0));
    return 4 * (runtime ?? 0) + 2 * (backend ?? 0) + (variant ?? 0);
  };
  return [...all].sort((a, b) => agree(b) - agree(a))[0] ?? wanted;
}

function fillSelect(select: HTMLSelectElement, key: Key, values: readonly string[], chosen: string): void {
  const name = (value: string): string => (key === "runtime" ? titleOf(value) : value);
  select.replaceChildren(
    ...values.map((value) => h("option", { value, text: name(value), selected: value === chosen })),
  );
}
