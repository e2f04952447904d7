/** Two small plots: who is fast, who is light. Bars with their numbers beside them, so nothing is color alone. */

import { h, kilobytes, milliseconds } from "../shell/dom";
import { say } from "../shell/i18n";
import type { Comparison, Row } from "./comparison";
import { sum } from "./cost";
import { words } from "./words";

/** Fills an element with the plots of the rows that have an answer; says whether there were any. */
export function drawBars(root: HTMLElement, { rows }: Comparison): boolean {
  const said = say(words);
  const done = rows.filter(({ measured }) => measured?.answer != null);
  const plots = [
    plot(said.plotWarm, done, ({ measured }) => measured?.answer?.warm ?? 0, milliseconds),
    plot(said.plotBytes, done, ({ files }) => sum(files), kilobytes),
  ];
  root.replaceChildren(...plots);
  return done.length > 0;
}

function plot(
  title: string,
  rows: readonly Row[],
  value: (row: Row) => number,
  text: (value: number) => string,
): HTMLElement {
  const sorted = [...rows].sort((a, b) => value(a) - value(b));
  const most = Math.max(...sorted.map(value));
  const lines = sorted.map((row) => line(row, most === 0 ? 0 : value(row) / most, text(value(row))));
  return h("figure", {}, h("figcaption", { text: title }), h("ol", {}, ...lines));
}

function line({ name }: Row, share: number, text: string): HTMLElement {
  const filled = h("span");
  filled.style.inlineSize = `${(100 * share).toFixed(1)}%`;
  const bar = h("span", { class: "bar first", "aria-hidden": "true" }, filled);
  return h("li", {}, h("span", { class: "who", text: name }), bar, h("span", { class: "what", text }));
}
