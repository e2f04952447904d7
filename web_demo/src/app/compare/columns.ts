/** The columns of the comparison: what each says of a row, and by what it is sorted. */

import { titleOf } from "../../runtimes/registry";
import { decimal, kilobytes, milliseconds, percent, scientific } from "../shell/dom";
import { say } from "../shell/i18n";
import { type Comparison, type Row, topOf } from "./comparison";
import { sum } from "./cost";
import { words } from "./words";

export type ColumnId =
  "artifact" | "answer" | "difference" | "goldens" | "accuracy" | "cold" | "warm" | "size" | "bytes";

export interface Column {
  readonly id: ColumnId;
  /** What it is sorted by; null where there is nothing yet. */
  value(row: Row, of: Comparison): number | string | null;
  /** As people read it; empty where there is nothing yet. */
  text(row: Row, of: Comparison): string;
}

export const runtimeName = ({ choice: { runtime } }: Row): string => titleOf(runtime);

/** A number column that says nothing until there is a number. */
function measured(
  id: ColumnId,
  value: (row: Row, of: Comparison) => number | null | undefined,
  text: (value: number, row: Row) => string,
): Column {
  const known = (row: Row, of: Comparison): number | null => value(row, of) ?? null;
  return {
    id,
    value: known,
    text: (row, of) => {
      const found = known(row, of);
      return found === null ? "" : text(found, row);
    },
  };
}

export function columns(labels: readonly string[]): readonly Column[] {
  return [
    { id: "artifact", value: ({ name }) => name, text: ({ name }) => name },
    measured(
      "answer",
      (row) => topOf(row)?.probability,
      (share, row) => `${labels[topOf(row)?.index ?? 0] ?? ""} ${percent(share)}`,
    ),
    measured(
      "difference",
      (row, of) => of.difference(row),
      (value) => scientific(value),
    ),
    measured("goldens", ({ measured: m }) => m?.verification.maxDifference, selfTest),
    measured("accuracy", ({ accuracy }) => accuracy, percent),
    measured("cold", ({ measured: m }) => m?.cold, milliseconds),
    measured("warm", ({ measured: m }) => m?.answer?.warm, milliseconds),
    measured("size", ({ files }) => sum(files), kilobytes),
    measured("bytes", ({ measured: m }) => m?.bytes, transferred),
  ];
}

function selfTest(difference: number, { measured: m }: Row): string {
  const { failed, labelChanges } = say(words);
  const parts = [scientific(difference)];
  if (m !== null && m.verification.labelChanges > 0) parts.push(labelChanges(m.verification.labelChanges));
  return m?.verification.passed === true ? parts.join(", ") : `${failed}: ${parts.join(", ")}`;
}

/** What came over the network; a few bytes of headers are no transfer to speak of. */
function transferred(bytes: number): string {
  if (bytes === 0) return say(words).cached;
  return bytes < 1000 ? `${decimal(bytes, 0)}\u00a0B` : kilobytes(bytes);
}

/** Rows in a column's order; those without a value come last, whichever way it goes. */
export function sorted(rows: readonly Row[], of: Comparison, column: Column, up: boolean): Row[] {
  const sign = up ? 1 : -1;
  return [...rows].sort((one, other) => {
    const [a, b] = [column.value(one, of), column.value(other, of)];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    if (typeof a === "string" || typeof b === "string") return sign * String(a).localeCompare(String(b));
    return sign * (a - b);
  });
}
