/** The table of artifacts: one line each, or on a phone one card each, brought up to date in place. */

import { type Child, decimal, h, percent, setAttribute } from "../shell/dom";
import { reason as said } from "../shell/errors";
import { say } from "../shell/i18n";
import { type Column, type ColumnId, columns, runtimeName, sorted } from "./columns";
import { type Comparison, isAvailable, type Row } from "./comparison";
import { webGpu } from "./webgpu";
import { words } from "./words";

export interface Order {
  column: ColumnId;
  up: boolean;
}

export interface Asked {
  readonly labels: readonly string[];
  /** Kept by who draws the table, so that it outlives it. */
  readonly order: Order | null;
  run(row: Row): void;
  /** What asks where an artifact begins to differ; null where there is nothing to compare its layers with. */
  begins(row: Row): (() => void) | null;
  /** The visitor sorted. */
  ordered(order: Order, text: string): void;
}

interface Line {
  readonly element: HTMLTableRowElement;
  readonly cells: ReadonlyMap<ColumnId, HTMLElement>;
  readonly button: HTMLButtonElement;
}

export class Table {
  readonly element: HTMLElement;
  private readonly columns: readonly Column[];
  private readonly lines = new Map<Row, Line>();
  private readonly heads = new Map<ColumnId, HTMLElement>();
  private readonly body = h("tbody", { role: "rowgroup" });
  private order: Order | null;

  constructor(
    private readonly of: Comparison,
    private readonly asked: Asked,
  ) {
    const measured = of.rows.some(({ accuracy }) => accuracy !== null);
    this.columns = columns(asked.labels).filter(({ id }) => id !== "accuracy" || measured);
    this.order = asked.order;
    for (const row of of.rows) this.lines.set(row, this.line(row));
    const names = { role: "row", "data-label": say(words).sortBy };
    const head = h("tr", names, ...this.columns.map((column) => this.head(column)), this.last());
    // The roles are those of a table in any case; on a phone its boxes are no table's, and they would be lost.
    this.element = h(
      "table",
      { class: "table artifacts", role: "table" },
      h("caption", { class: "visually-hidden", text: say(words).caption }),
      h("thead", { role: "rowgroup" }, head),
      this.body,
    );
    this.sort();
    this.update(null);
  }

  /** Rows as they stand on the screen. */
  get rows(): readonly Row[] {
    const column = this.columns.find(({ id }) => id === this.order?.column);
    const { shown } = this.of;
    if (column === undefined || this.order === null) return shown;
    return sorted(shown, this.of, column, this.order.up);
  }

  /** Brings one row up to date, or all of them. */
  update(row: Row | null): void {
    for (const each of row === null ? this.of.rows : [row]) this.draw(each);
    const untouched = this.of.rows.every((each) => each.stage === null && !each.measured && !each.reason);
    this.element.classList.toggle("untouched", untouched);
  }

  /** Puts the rows that are shown in the order that was chosen; the focus stays where it is. */
  sort(): void {
    const focused = document.activeElement;
    this.body.replaceChildren(...this.rows.flatMap((row) => this.lines.get(row)?.element ?? []));
    if (focused instanceof HTMLElement && this.body.contains(focused)) focused.focus({ preventScroll: true });
    for (const [id, head] of this.heads) {
      const mine = this.order?.column === id ? (this.order.up ? "ascending" : "descending") : null;
      setAttribute(head, "aria-sort", mine);
    }
  }

  private head({ id }: Column): HTMLElement {
    const { head, hints } = say(words);
    const button = h(
      "button",
      { class: "sort", type: "button", on: { click: () => this.choose(id) } },
      head[id],
      h("span", { class: "arrow", "aria-hidden": "true" }),
    );
    const hint = id in hints ? hints[id as keyof typeof hints] : null;
    const cell = h("th", { role: "columnheader", scope: "col", class: id, title: hint }, button);
    this.heads.set(id, cell);
    return cell;
  }

  private last(): HTMLElement {
    const text = h("span", { class: "visually-hidden", text: say(words).head.action });
    return h("th", { role: "columnheader", scope: "col", class: "action" }, text);
  }

  private choose(column: ColumnId): void {
    const up = this.order?.column === column ? !this.order.up : true;
    this.order = { column, up };
    this.sort();
    const { head, sorted: text } = say(words);
    this.asked.ordered(this.order, text(head[column], up));
  }

  private line(row: Row): Line {
    const { head } = say(words);
    const cells = new Map<ColumnId, HTMLElement>();
    for (const { id } of this.columns) {
      if (id === "artifact") cells.set(id, h("th", { role: "rowheader", scope: "row", class: id }));
      else cells.set(id, h("td", { role: "cell", class: id, "data-label": head[id] }));
    }
    const click = (): void => {
      if (row.stage === null) this.asked.run(row);
    };
    const button = h("button", { class: "button quiet small", type: "button", on: { click } });
    const action = h("td", { role: "cell", class: "action" }, button);
    const element = h("tr", { role: "row", "data-artifact": row.name }, ...cells.values(), action);
    return { element, cells, button };
  }

  private draw(row: Row): void {
    const line = this.lines.get(row);
    if (line === undefined) return;
    const { run, again } = say(words);
    for (const column of this.columns) this.drawCell(row, column, line.cells.get(column.id));
    stretch(line.cells, row.reason !== null && row.measured === null);
    const text = row.measured === null && row.reason === null ? run : again;
    if (line.button.firstChild?.textContent !== text) line.button.replaceChildren(text, naming(row));
    line.button.hidden = !isAvailable(row);
    // Disabled for real, it would lose the focus of who has just pressed it.
    setAttribute(line.button, "aria-disabled", row.stage === null ? null : "true");
    const state =
      row.stage !== null ? "busy" : row.reason !== null ? "failed" : row.measured ? "done" : "idle";
    line.element.dataset["state"] = state;
  }

  /** Only what changed is drawn again: an opened list of probabilities stays open. */
  private drawCell(row: Row, column: Column, cell: HTMLElement | undefined): void {
    if (cell === undefined) return;
    const text = column.text(row, this.of);
    const key = [
      text,
      column.id === "answer" ? `${row.stage} ${row.share} ${row.reason?.reason} ${isAvailable(row)}` : "",
      version(row),
    ].join();
    if (cell.dataset["key"] === key) return;
    cell.dataset["key"] = key;
    cell.replaceChildren(...this.contents(row, column.id, text).filter((child) => isNode(child)));
    cell.classList.toggle("none", cell.childNodes.length === 0);
  }

  private contents(row: Row, id: ColumnId, text: string): Child[] {
    if (id === "artifact") return artifact(row);
    if (id === "answer") return this.answer(row, text);
    if (id === "goldens" && row.measured !== null) {
      return [h("span", { class: row.measured.verification.passed ? "good" : "bad", text })];
    }
    if (id === "warm" && row.measured?.answer != null) {
      const title = say(words).runs(row.measured.answer.runs, row.measured.threads);
      return [h("span", { title, text })];
    }
    return [text === "" ? null : h("span", { text })];
  }

  private answer(row: Row, text: string): Child[] {
    const { stages, failed, noAnswer, unavailable, noAdapter } = say(words);
    if (row.stage === "waiting") return [h("span", { class: "muted", text: stages.waiting })];
    if (row.stage !== null) return [h("span", { class: "chip", text: stages[row.stage] }), meter(row)];
    if (!isAvailable(row)) {
      return [h("span", { class: "muted", text: webGpu() === "absent" ? unavailable : noAdapter })];
    }
    if (row.reason !== null) {
      const why = h("span", { class: "why", text: said(row.reason) });
      const answerless = row.measured === null ? [] : [h("span", { class: "why muted", text: noAnswer })];
      return [h("strong", { class: "bad", text: failed }), why, ...answerless, this.begins(row)];
    }
    const probabilities = row.measured?.answer?.probabilities;
    if (probabilities === undefined) return [];
    return [h("details", {}, h("summary", { text }), this.probabilities(probabilities), this.begins(row))];
  }

  private begins(row: Row): Child {
    const click = this.asked.begins(row);
    if (click === null || row.measured === null) return null;
    return h(
      "button",
      { class: "button quiet small", type: "button", on: { click } },
      say(words).begins,
      naming(row),
    );
  }

  private probabilities(probabilities: Float32Array): HTMLElement {
    const order = [...probabilities.keys()].sort((a, b) => (probabilities[b] ?? 0) - (probabilities[a] ?? 0));
    const items = order.map((index) => {
      const share = probabilities[index] ?? NaN;
      const exact = h("span", { class: "muted", text: decimal(share, 7) });
      return h("li", {}, h("span", { text: this.asked.labels[index] ?? "" }), percent(share), exact);
    });
    return h("ol", { class: "shares" }, ...items);
  }
}

/** Why an artifact cannot run takes the room of the numbers that there are not. */
function stretch(cells: Line["cells"], failed: boolean): void {
  const free = (["difference", "goldens", "accuracy", "cold", "warm"] as const).map((id) => cells.get(id));
  for (const cell of free) if (cell !== undefined) cell.hidden = failed;
  const answer = cells.get("answer");
  const room = free.filter((cell) => cell !== undefined).length;
  if (answer !== undefined) setAttribute(answer, "colspan", failed ? room + 1 : null);
}

const version = ({ measured }: Row): string => measured?.version ?? "";

function isNode(child: Child): child is Node | string {
  return child !== null && child !== undefined && child !== false;
}

function artifact(row: Row): Child[] {
  const { backend, variant } = row.choice;
  const found = version(row);
  return [
    h(
      "span",
      { class: "runtime" },
      runtimeName(row),
      found === "" ? null : h("small", { text: ` ${found}` }),
    ),
    h("span", { class: "kind muted", text: `${backend} · ${variant}` }),
  ];
}

/** Which of the many buttons of that name it is, to those who hear it. */
function naming({ name }: Row): HTMLElement {
  return h("span", { class: "visually-hidden", text: ` ${name}` });
}

function meter({ share }: Row): HTMLElement {
  const filled = h("span");
  filled.style.inlineSize = `${Math.round(100 * share)}%`;
  return h("span", { class: "bar first", "aria-hidden": "true" }, filled);
}
