/** Answers as a table: one row a photo, one column a label. */

import type { Item } from "../shell/gallery";

/** Names of the columns, then a row for each photo that has an answer or an error. */
export function toCsv(
  items: readonly Item[],
  labels: readonly string[],
  say: (thrown: unknown) => string,
): string {
  const head = ["name", "label", "probability", ...labels, "error"];
  const rows = items.filter(({ answer, state }) => answer !== null || state === "failed");
  return [head, ...rows.map((item) => row(item, labels, say))].map(line).join("");
}

function row(
  { name, answer, error }: Item,
  labels: readonly string[],
  say: (thrown: unknown) => string,
): string[] {
  if (answer === null) return [name, "", "", ...labels.map(() => ""), say(error)];
  const shares = [...answer.probabilities];
  const best = ranked(answer.probabilities)[0] ?? 0;
  return [name, labels[best] ?? "", digits(shares[best] ?? NaN), ...shares.map(digits), ""];
}

/** Nine digits bring every float32 back as it was. */
const digits = (share: number): string => String(Number(share.toPrecision(9)));

const line = (cells: readonly string[]): string => `${cells.map(cell).join(",")}\r\n`;

const cell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** Indices of the classes, the most probable first; of equals, the first one. */
export function ranked(probabilities: ArrayLike<number>): number[] {
  const order = Array.from(probabilities, (_, i) => i);
  return order.sort((a, b) => (probabilities[b] ?? 0) - (probabilities[a] ?? 0) || a - b);
}
