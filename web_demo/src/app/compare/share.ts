/** What was measured, for people to take along: Markdown, CSV, JSON. */

import type { Page } from "../../page";
import { h } from "../shell/dom";
import { say } from "../shell/i18n";
import { cell } from "../shell/spreadsheet";
import { type Column, columns } from "./columns";
import type { Comparison, Row } from "./comparison";
import { sum } from "./cost";
import { words } from "./words";

/** The table as it is on the screen, without its buttons. */
export function markdown(page: Page, of: Comparison, rows: readonly Row[]): string {
  const all = columns(page.labels);
  const { head } = say(words);
  const cell = (row: Row, column: Column): string => column.text(row, of).replaceAll("|", "\\|") || "-";
  const lines = rows.map((row) => `| ${all.map((column) => cell(row, column)).join(" | ")} |`);
  const title = `**${page.name}**, ${of.subject?.name ?? "-"}`;
  const names = `| ${all.map(({ id }) => head[id]).join(" | ")} |`;
  return [title, "", names, `|${"---|".repeat(all.length)}`, ...lines, ""].join("\n");
}

interface Plain {
  readonly runtime: string;
  readonly version: string | null;
  readonly backend: string;
  readonly variant: string;
  readonly threads: number | null;
  readonly label: string | null;
  readonly probabilities: readonly number[] | null;
  readonly difference: number | null;
  readonly goldens_passed: boolean | null;
  readonly goldens_max_difference: number | null;
  readonly goldens_label_changes: number | null;
  readonly cold_ms: number | null;
  readonly warm_ms: number | null;
  readonly warm_runs: number | null;
  readonly bytes_to_load: number;
  readonly bytes_transferred: number | null;
  readonly error: string | null;
}

/** A row in numbers, under names for programs. */
function plain(page: Page, of: Comparison, row: Row): Plain {
  const { choice, measured: m, reason } = row;
  const probabilities = m?.answer ? [...m.answer.probabilities].map((p) => Number(p.toPrecision(9))) : null;
  const top = probabilities?.indexOf(Math.max(...probabilities)) ?? -1;
  return {
    ...{
      runtime: choice.runtime,
      version: m?.version ?? null,
      backend: choice.backend,
      variant: choice.variant,
    },
    ...{ threads: m?.threads ?? null, label: page.labels[top] ?? null, probabilities },
    difference: of.difference(row),
    goldens_passed: m?.verification.passed ?? null,
    goldens_max_difference: m?.verification.maxDifference ?? null,
    goldens_label_changes: m?.verification.labelChanges ?? null,
    ...{ cold_ms: m?.cold ?? null, warm_ms: m?.answer?.warm ?? null, warm_runs: m?.answer?.runs ?? null },
    ...{ bytes_to_load: sum(row.files), bytes_transferred: m?.bytes ?? null, error: reason?.reason ?? null },
  };
}

export function json(page: Page, of: Comparison, rows: readonly Row[]): string {
  const { reference, subject } = of;
  const value = {
    ...{ gemelo: page.gemelo, bundle: page.name, labels: page.labels },
    photo: { name: subject?.name ?? null, sha256: subject?.sha256 ?? null },
    difference_from: reference?.from === "artifact" ? reference.row.name : (reference?.from ?? null),
    browser: {
      agent: navigator.userAgent,
      cores: navigator.hardwareConcurrency,
      isolated: crossOriginIsolated,
    },
    rows: rows.map((row) => plain(page, of, row)),
  };
  return `${JSON.stringify(value, null, 1)}\n`;
}

type Value = string | number | boolean | null;

/** RFC 4180; the photo first, and a column for each label. */
export function csv(page: Page, of: Comparison, rows: readonly Row[]): string {
  const tables = rows.map((row) => cells(page, of, plain(page, of, row)));
  const head = tables[0]?.map(([name]) => name) ?? [];
  const lines = [head, ...tables.map((table) => table.map(([, value]) => value))];
  return [...lines.map((line) => line.map(field).join(",")), ""].join("\r\n");
}

/** A row's columns, each with its name. */
function cells({ labels }: Page, { subject }: Comparison, row: Plain): [name: string, value: Value][] {
  const shares = labels.map((label, i): [string, Value] => [label, row.probabilities?.[i] ?? null]);
  const others = Object.entries(row).flatMap(([name, value]) =>
    name === "probabilities" ? shares : [[name, value]],
  );
  return [["photo", subject?.name ?? null], ...(others as [string, Value][])];
}

function field(value: Value): string {
  return cell(value === null ? "" : String(value));
}

/** Hands a text to the browser as a file. */
export function download(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Puts a text on the clipboard; false where the browser does not allow it. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelected(text);
  }
}

/** Over plain http there is no clipboard but the old way's: a selection and a command. */
function copySelected(text: string): boolean {
  const field = h("textarea", { class: "visually-hidden", "aria-hidden": "true", tabindex: -1 });
  const focused = document.activeElement;
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return done;
}
