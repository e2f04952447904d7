/** Cards that stand where a view would, when it cannot be shown. */

import { messageOf, RuntimeError } from "../../runtimes/runtime";
import type { App } from "./app";
import { h } from "./dom";
import { cure, reason, sentence } from "./errors";
import { say } from "./i18n";
import { words } from "./words";

/** Nothing passed the self-test: why, and what helps. */
export function failedCard({ failures, status }: App): HTMLElement {
  const { failedTitle, failedText } = say(words);
  const reasons = [...new Set(failures.map(({ reason: text }) => text))];
  const thrown = reasons.length === 0 && status.stage === "failed" ? [sentence(status.error)] : [];
  const help = cure(reasons);
  const lines = [failedText, ...reasons.slice(0, 3).map(reason), ...thrown, ...(help === null ? [] : [help])];
  return problem(failedTitle, lines);
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
