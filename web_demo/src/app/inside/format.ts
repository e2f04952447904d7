/** Numbers as students write them: a true minus sign, the decimal sign of the language, brackets where they are due. */

import { decimal, h, scientific } from "../shell/dom";
import { language } from "../shell/i18n";

const MINUS = "\u2212";

/** "−0.1234"; what rounds to zero has no sign. */
export function number(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return value > 0 ? "∞" : Number.isNaN(value) ? "NaN" : `${MINUS}∞`;
  const text = decimal(Math.abs(value), digits);
  return value < 0 && /[1-9]/.test(text) ? MINUS + text : text;
}

/** As short as four figures are: "183", "0.7176", "12.35". */
export function short(value: number): string {
  const magnitude = Math.abs(value);
  if (Number.isInteger(value) && magnitude < 1e6) return number(value, 0);
  return number(value, magnitude >= 100 ? 1 : magnitude >= 10 ? 2 : 3);
}

/** In brackets where it is negative, as after a times sign. */
export function factor(value: number, digits = 4): string {
  const text = number(value, digits);
  return text.startsWith(MINUS) ? `(${text})` : text;
}

/** "14,112", "14.112". */
export function count(value: number): string {
  return value.toLocaleString(language(), { maximumFractionDigits: 0, useGrouping: "always" } as never);
}

/** "21 × 21 × 32", in one piece. */
export const size = (shape: readonly number[]): string => shape.map(count).join("\u00a0×\u00a0");

export const volume = (shape: readonly number[]): number => shape.reduce((all, length) => all * length, 1);

/** "6.0e-8", as everywhere on the page: only its size matters. */
export const tiny = (difference: number): string => scientific(Math.abs(difference));

/** A line of a written-out calculation. Its pieces break apart between, not within. */
export function line(...pieces: (string | Node)[]): HTMLElement {
  const spans = pieces.flatMap((piece) => [
    typeof piece === "string" ? h("span", { class: "term", text: piece }) : piece,
    " ",
  ]);
  return h("p", {}, ...spans.slice(0, -1));
}

/** Terms with plus signs between them, each with the sign that follows, so that no line begins with one. */
export function sumOf(terms: readonly string[]): string[] {
  return terms.map((term, i) => (i < terms.length - 1 ? `${term} +` : term));
}

/** A calculation in monospace that wraps; its numbers are text. */
export function calculation(...lines: (HTMLElement | null)[]): HTMLElement {
  return h("div", { class: "calculation" }, ...lines);
}
