/** Cards that stand where a view would, when it cannot be shown. */

import { messageOf, RuntimeError } from "../../runtimes/runtime";
import type { App } from "./app";
import { choiceName } from "./badge";
import { h } from "./dom";
import { cure, reason, sentence } from "./errors";
import { say } from "./i18n";
import { words } from "./words";

/** Nothing passed the self-test: why, and what helps. */
export function failedCard(app: App): HTMLElement {
  const { failedTitle, failedText } = say(words);
  const card = problem(failedTitle, [failedText]);
  card.append(...failureList(app));
  return card;
}

/** What was tried and not taken, each with its reason, and what helps. */
export function failureList({ failures, status }: App): HTMLElement[] {
  if (failures.length === 0)
    return status.stage === "failed" ? [h("p", { text: sentence(status.error) })] : [];
  const lines = failures.map((failure) =>
    h("li", {}, h("strong", { text: choiceName(failure.choice) }), `: ${reason(failure)}`),
  );
  const help = cure(failures, status.stage === "failed");
  return [h("ul", {}, ...lines), ...(help === null ? [] : [h("p", { text: help })])];
}

/** The page's own description cannot be read. */
export function brokenCard(thrown: unknown): HTMLElement {
  const error =
    thrown instanceof RuntimeError ? thrown : new RuntimeError("corrupt", `page.json: ${messageOf(thrown)}`);
  const card = problem(say(words).broken, [sentence(error)]);
  const again = (): void => location.reload();
  card.append(h("button", { class: "button", type: "button", text: say(words).again, on: { click: again } }));
  return card;
}

export function problem(title: string, lines: readonly string[]): HTMLElement {
  return h(
    "div",
    { class: "card problem" },
    h("h2", { text: title }),
    ...lines.map((text) => h("p", { text })),
  );
}
