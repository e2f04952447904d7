/** What is above the table: run all or cancel, what may be slow, what it costs, how far it is. */

import { h, kilobytes, setAttribute } from "../shell/dom";
import { say } from "../shell/i18n";
import { type Comparison, isAvailable, type Row, SLOW } from "./comparison";
import { sum, union } from "./cost";
import { words } from "./words";

const NAMES = { webgl: "WebGL", webgpu: "WebGPU" } as const;

export class Controls {
  readonly element: HTMLElement;
  private readonly button: HTMLButtonElement;
  private readonly bar = h("progress", { max: 1, value: 0 });
  private readonly count = h("span", { class: "muted count" });
  private readonly cost = h("p", { class: "muted cost" });

  constructor(
    private readonly comparison: Comparison,
    private readonly run: (rows: readonly Row[]) => void,
  ) {
    this.button = h("button", { class: "button", type: "button", on: { click: () => this.pressed() } });
    this.bar.setAttribute("aria-label", say(words).runAll);
    const row = h("div", { class: "row" }, this.button, this.bar, this.count);
    this.element = h("div", { class: "controls" }, row, this.cost, ...this.optional());
  }

  update(): void {
    const { running, stopped, shown, loaded } = this.comparison;
    const { runAll, cancel, progress, canceledAt, cost, costNothing } = say(words);
    this.button.textContent = running === null ? runAll : cancel;
    this.button.classList.toggle("quiet", running !== null);
    setAttribute(this.bar, "hidden", running === null);
    this.bar.value = running === null ? 0 : running.done / running.total;
    const ended = stopped === null ? "" : canceledAt(stopped.done, stopped.total);
    this.count.textContent = running === null ? ended : progress(running.done, running.total);
    const files = union(
      shown.map((row) => row.files),
      loaded,
    );
    this.cost.textContent = files.size === 0 ? costNothing : cost(kilobytes(sum(files)));
  }

  private pressed(): void {
    if (this.comparison.running === null) this.run(this.comparison.shown.filter(isAvailable));
    else this.comparison.cancel();
  }

  /** A box for each backend that may be slow; or why there is none. */
  private optional(): HTMLElement[] {
    const { include, slow, unavailable } = say(words);
    const rows = (backend: string): Row[] =>
      this.comparison.rows.filter((row) => row.choice.backend === backend);
    const offered = SLOW.filter((backend) => rows(backend).length > 0);
    const boxes = offered.filter((backend) => rows(backend).some(isAvailable));
    const note = h("p", { class: "muted", id: "compare-slow", text: slow });
    const missing = h("p", { class: "muted", text: unavailable });
    const group = h(
      "fieldset",
      { "aria-describedby": "compare-slow" },
      h("legend", { text: include }),
      ...boxes.map((backend) => this.box(backend, rows(backend).length)),
    );
    return [...(boxes.length > 0 ? [group, note] : []), ...(boxes.length < offered.length ? [missing] : [])];
  }

  private box(backend: (typeof SLOW)[number], count: number): HTMLElement {
    const change = (event: Event): void =>
      this.comparison.include(backend, (event.target as HTMLInputElement).checked);
    const input = h("input", { type: "checkbox", on: { change } });
    input.checked = this.comparison.included.has(backend);
    return h("label", { class: "check" }, input, `${NAMES[backend]} (${say(words).artifacts(count)})`);
  }
}
