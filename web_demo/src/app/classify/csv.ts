/** Answers as a table: one row a photo, one column a label. */

import type { Page } from "../../page";
import type { Item } from "../shell/gallery";
import { cell } from "../shell/spreadsheet";
import { verdictOf } from "./verdict";

/** Names of the columns, then a row for each photo that has an answer or an error. */
export function toCsv(items: readonly Item[], page: Page, say: (thrown: unknown) => string): string {
  const head = ["name", "label", "probability", "sure", ...page.labels, "error"];
  const rows = items.filter(({ answer, state }) => answer !== null || state === "failed");
  return [head, ...rows.map((item) => row(item, page, say))].map(line).join("");
}

/** The label stays empty where it does not count; without a threshold nothing is said of how sure it is. */
function row({ name, answer, error }: Item, page: Page, say: (thrown: unknown) => string): string[] {
  if (answer === null) return [name, "", "", "", ...page.labels.map(() => ""), say(error)];
  const shares = [...answer.probabilities];
  const { best, share, sure } = verdictOf(page, answer.probabilities);
  const label = sure ? (page.labels[best] ?? "") : "";
  const said = page.threshold === null ? "" : String(sure);
  return [name, label, digits(share), said, ...shares.map(digits), ""];
}

/** Nine digits bring every float32 back as it was. */
const digits = (share: number): string => String(Number(share.toPrecision(9)));

const line = (cells: readonly string[]): string => `${cells.map(cell).join(",")}\r\n`;

/** Indices of the classes, the most probable first; of equals, the first one. */
export function ranked(probabilities: ArrayLike<number>): number[] {
  const order = Array.from(probabilities, (_, i) => i);
  return order.sort((a, b) => (probabilities[b] ?? 0) - (probabilities[a] ?? 0) || a - b);
}
