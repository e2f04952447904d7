/** Compare: all artifacts of the page on one photo, side by side. */

import type { Page } from "../../page";
import type { App } from "../shell/app";
import { h, loadStyle, percent } from "../shell/dom";
import { reason, sentence } from "../shell/errors";
import { say } from "../shell/i18n";
import { titles } from "../shell/titles";
import type { View } from "../shell/view";
import { drawBars } from "./bars";
import type { Panel } from "./layers/panel";
import css from "./compare.css";
import { Comparison, LIMIT_SECONDS, type Row, topOf } from "./comparison";
import { Controls } from "./controls";
import { filesOf } from "./cost";
import { Picker } from "./picker";
import { copy, csv, download, json, markdown } from "./share";
import type { Subject } from "./subject";
import { type Order, Table } from "./table";
import { askForAdapter } from "./webgpu";
import { words } from "./words";

/** What outlives the view: results, and what was chosen. */
interface Kept {
  readonly page: Page;
  readonly comparison: Comparison;
  order: Order | null;
  golden: number | null;
  /** The photo that the light artifacts were run on. */
  begun: Subject | null;
  /** Where an artifact begins to differ; its code is loaded when that is first asked. */
  panel: Panel | null;
}

let kept: Kept | null = null;
let screen: Screen | null = null;

export const view: View = {
  id: "compare",
  title: () => titles().get("compare") ?? "",

  async mount(root: HTMLElement, app: App): Promise<void> {
    const state = stateOf(app);
    const mine = new Screen(app, state);
    screen = mine;
    await loadStyle(css);
    if (screen !== mine) return mine.end();
    root.append(h("div", { class: "compare" }, ...mine.elements));
    await mine.start();
  },

  unmount(again): void {
    screen?.end();
    screen = null;
    // What is done meanwhile in another view would be measured with it.
    if (again) return;
    kept?.comparison.cancel();
    kept?.panel?.stop();
  },
};

function stateOf({ page, engine }: App): Kept {
  if (kept?.page === page) return kept;
  const comparison = new Comparison(page);
  for (const path of filesOf(page, engine.choice).keys()) comparison.loaded.add(path);
  kept = { page, comparison, order: null, golden: null, begun: null, panel: null };
  return kept;
}

class Screen {
  readonly elements: readonly HTMLElement[];
  private readonly picker: Picker;
  private readonly controls: Controls;
  private readonly table: Table;
  private readonly agreement = h("p", { class: "agreement" });
  private readonly from = h("p", { class: "muted from" });
  private readonly bars = h("div", { class: "plots" });
  private readonly begins = h("section", { class: "card begins", hidden: true });
  private readonly plots = h("section", { class: "card" });
  private readonly result = h("span", { class: "muted", role: "status" });
  private readonly ends: (() => void)[] = [];

  constructor(
    private readonly app: App,
    private readonly kept: Kept,
  ) {
    const { comparison, golden } = kept;
    const { heading, lead, plots } = say(words);
    this.picker = new Picker(app, comparison, golden, (chosen) => (kept.golden = chosen));
    this.controls = new Controls(comparison, (rows) => void this.run(rows));
    this.table = new Table(comparison, {
      labels: app.page.labels,
      order: kept.order,
      run: (row) => void this.run([row]),
      begins: (row) => this.asking(row),
      ordered: (order, text) => {
        kept.order = order;
        app.announce(text);
      },
    });
    const intro = h("div", { class: "intro" }, h("h2", { text: heading }), h("p", { text: lead }));
    this.elements = [
      h("section", { class: "card top-card" }, intro, this.picker.element, this.controls.element),
      h("section", { class: "card results" }, this.agreement, this.from, this.table.element, this.takeAway()),
      this.begins,
      this.plots,
    ];
    this.plots.append(h("h2", { text: plots }), this.bars);
  }

  async start(): Promise<void> {
    this.ends.push(
      this.kept.comparison.onChange((row) => this.changed(row)),
      this.app.onCurrent(() => void this.picker.refresh()),
    );
    this.kept.panel?.moveTo(this.begins);
    this.update(null);
    if (this.kept.comparison.rows.some(({ choice }) => choice.backend === "webgpu")) {
      void askForAdapter().then(() => this.update(null));
    }
    await this.picker.refresh();
  }

  end(): void {
    for (const end of this.ends) end();
  }

  private changed(row: Row | null): void {
    this.update(row);
    if (row === null || row.stage !== null) return;
    // It came to rest: its answer or its failure is said once.
    const text = outcome(row, this.app.page.labels);
    if (text !== "") this.app.announce(text);
    this.update(null);
  }

  private update(row: Row | null): void {
    this.table.update(row);
    this.controls.update();
    if (row !== null) return;
    this.table.sort();
    this.from.textContent = this.difference();
    this.agreement.textContent = this.agreed();
    this.plots.hidden = !drawBars(this.bars, this.kept.comparison);
    this.kept.panel?.refresh();
    this.begin();
  }

  /** Runs what is light, once for each photo, so that there is something to compare; not where data is saved. */
  private begin(): void {
    const { comparison, begun } = this.kept;
    const { subject, running } = comparison;
    const { connection } = navigator as { connection?: { saveData?: boolean } };
    if (subject === null || subject === begun || running !== null || connection?.saveData === true) return;
    this.kept.begun = subject;
    void this.run(comparison.light);
  }

  /** An artifact is compared with the bundle's layers, or else with the first in float32. */
  private asking(row: Row): (() => void) | null {
    if (this.app.page.layers !== null) return () => void this.ask(row, null);
    const first = this.kept.comparison.first;
    return first === undefined || first === row ? null : () => void this.ask(row, first);
  }

  private async ask(row: Row, against: Row | null): Promise<void> {
    const { app, kept: state } = this;
    try {
      const { Panel } = await import("./layers/panel");
      state.panel ??= new Panel(app, state.comparison);
    } catch (thrown) {
      return app.announce(sentence(thrown));
    }
    state.panel.moveTo(this.begins);
    await state.panel.ask(row, against);
  }

  private async run(rows: readonly Row[]): Promise<void> {
    const { comparison } = this.kept;
    const { app } = this;
    const { startedAll, tooLong } = say(words);
    if (rows.length > 1) app.announce(startedAll(rows.length));
    await comparison.run(rows, app.photos, tooLong(LIMIT_SECONDS));
    // Another language may be spoken by now.
    const { doneAll, canceledAt } = say(words);
    const { stopped } = comparison;
    if (stopped !== null) return app.announce(canceledAt(stopped.done, stopped.total));
    if (rows.length === 1) return;
    const passed = rows.filter(({ measured }) => measured?.answer != null).length;
    app.announce(doneAll(passed, rows.length - passed));
  }

  /** Whether those that have an answer give the same label. */
  private agreed(): string {
    const { allSame, differ } = say(words);
    const found = this.kept.comparison.rows.flatMap((row) => topOf(row)?.index ?? []);
    const labels = [...new Set(found)].map((index) => this.app.page.labels[index] ?? "");
    if (found.length < 2) return "";
    return labels.length === 1 ? allSame(found.length) : differ(labels.join(", "));
  }

  /** What the differences are taken from, in a sentence. */
  private difference(): string {
    const { comparison } = this.kept;
    const { fromKeras, fromArtifact, notYet, noRecord } = say(words);
    const { reference, lookup, rows } = comparison;
    const failed = lookup === null ? "" : `${noRecord(reason(lookup))} `;
    if (reference === null || rows.every(({ measured }) => measured === null)) return failed;
    if (reference.from === "keras") return fromKeras;
    const { name, measured } = reference.row;
    return failed + (measured === null ? notYet(name) : fromArtifact(name));
  }

  private takeAway(): HTMLElement {
    const { page } = this.app;
    const { comparison } = this.kept;
    const { copy: copyText, copied, notCopied, download: downloadText } = say(words);
    const onCopy = async (): Promise<void> => {
      const done = await copy(markdown(page, comparison, this.table.rows));
      this.result.textContent = done ? copied : notCopied;
    };
    const file = (suffix: "csv" | "json", type: string, make: typeof csv) => (): void =>
      download(`compare-${page.name}.${suffix}`, type, make(page, comparison, this.table.rows));
    const button = (text: string, click: () => void): HTMLElement =>
      h("button", { class: "button quiet small", type: "button", text, on: { click } });
    return h(
      "div",
      { class: "row take" },
      button(copyText, () => void onCopy()),
      button(downloadText("CSV"), file("csv", "text/csv", csv)),
      button(downloadText("JSON"), file("json", "application/json", json)),
      this.result,
    );
  }
}

function outcome(row: Row, labels: readonly string[]): string {
  const { done, doneFailed } = say(words);
  const top = topOf(row);
  if (top !== null) return done(row.name, labels[top.index] ?? "", percent(top.probability));
  return row.reason === null ? "" : doneFailed(row.name, reason(row.reason));
}
