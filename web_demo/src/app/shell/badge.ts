/** The badge that is always there: whether this page has proved itself on this machine. */

import type { Choice } from "../../engine/engine";
import { titleOf } from "../../runtimes/registry";
import type { App } from "./app";
import { h, kilobytes, scientific } from "./dom";
import { say } from "./i18n";
import { words } from "./words";

/** "TF.js wasm fp32". */
export function choiceName({ runtime, backend, variant }: Choice): string {
  return `${titleOf(runtime)} ${backend} ${variant}`;
}

/** 2.98e-8 is "3e-8": one figure is all that matters. */
export const difference = (value: number): string => scientific(value, 0);

export interface BadgeText {
  readonly look: "good" | "bad" | "wait" | "warn";
  readonly text: string;
  /** Between 0 and 1; null where nobody knows. */
  readonly done: number | null;
}

/** Before there is an app: null where the page is still opening, false where it cannot be. */
export function badgeText(app: App | null | false): BadgeText {
  const say_ = say(words);
  if (app === null) return { look: "wait", text: say_.opening, done: 0 };
  if (app === false || app.status.stage === "failed") return { look: "bad", text: say_.failed, done: 0 };
  if (app.status.stage === "ready") return verified(app);
  const { stage, choice, done, total } = app.status;
  const name = choice === null ? "" : choiceName(choice);
  if (stage === "checking") return { look: "wait", text: say_.checking(name), done: 1 };
  if (total === 0)
    return { look: "wait", text: choice === null ? say_.opening : say_.starting(name), done: 0 };
  // The model is here. What is loaded now, the runtime, is loaded in a worker, which does not count it.
  if (done >= total) return { look: "wait", text: say_.runtime(name), done: null };
  const loading = say_.loading(name, kilobytes(done).replace(/\D+$/, ""), kilobytes(total));
  return { look: "wait", text: loading, done: done / total };
}

function verified({ engine, verification, failures }: App): BadgeText {
  const say_ = say(words);
  const { maxDifference, expectedDifference: expected_outputs, images } = verification;
  const text =
    expected_outputs === null
      ? say_.verified(difference(maxDifference), images)
      : say_.verifiedExpected(difference(maxDifference), images);
  const first = failures[0];
  if (first === undefined) return { look: "good", text, done: 1 };
  const failed = typeof WebAssembly === "undefined" ? say_.noWasm : null;
  const why = failed ?? say_.instead(choiceName(engine.choice), choiceName(first.choice));
  return { look: "warn", text: `${text} · ${why}`, done: 1 };
}

/** One line below the badge, where the preprocessing was probably declared wrongly: the badge cannot see that. */
export function drawDoubt(place: HTMLElement, app: App | null): void {
  place.hidden = !app?.page.imported?.warning;
  const { doubt, doubtMore } = say(words);
  place.replaceChildren(`${doubt} `, h("a", { href: "#about", text: doubtMore }));
}

/** Puts the badge into its place; a link to the details where there are any. */
export function drawBadge(place: HTMLElement, app: App | null | false): void {
  const { look, text, done } = badgeText(app);
  const old = place.firstElementChild;
  const badge = old instanceof HTMLAnchorElement ? old : h("a", {});
  badge.className = `badge ${look}${done === null ? " endless" : ""}`;
  // A span of its own, which can be cut off where the header is full: the title has all of it.
  badge.replaceChildren(h("span", { text }));
  badge.style.setProperty("--done", `${Math.round((done ?? 0) * 100)}%`);
  badge.title = `${text} (${say(words).details})`;
  if (app) badge.href = "#about";
  if (badge !== old) place.replaceChildren(badge);
}
