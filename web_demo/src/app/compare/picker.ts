/** Which photo all artifacts are given: the visitor's, or one of the goldens, which Keras has answered. */

import { messageOf } from "../../runtimes/runtime";
import type { App } from "../shell/app";
import { h } from "../shell/dom";
import { say } from "../shell/i18n";
import { drawTensor, picture } from "../shell/pictures";
import type { Comparison } from "./comparison";
import { goldenSubject, type Subject } from "./subject";
import { words } from "./words";

const YOURS = "yours";

export class Picker {
  readonly element: HTMLElement;
  private readonly select = h("select", { id: "compare-photo", on: { change: () => this.changed() } });
  private readonly frame = h("div", { class: "frame" });
  private readonly note = h("p", { class: "muted" });
  /** The visitor's photo that is known here. */
  private seen: number | null;

  /** @param golden index of the golden that is chosen; null for the visitor's photo. */
  constructor(
    private readonly app: App,
    private readonly comparison: Comparison,
    private golden: number | null,
    private readonly chosen: (golden: number | null) => void,
  ) {
    this.seen = app.current()?.id ?? null;
    const label = h("label", { for: "compare-photo", text: say(words).photo });
    this.element = h("div", { class: "picker" }, this.frame, h("div", {}, label, this.select, this.note));
  }

  /** Offers the photos there are, and takes the one that is chosen. */
  async refresh(): Promise<void> {
    const { golden: named, yours, noPhoto, choose } = say(words);
    const shown = this.app.current();
    const goldens = this.app.page.goldens.images;
    // Whoever drops a photo here wants it, whatever was chosen before.
    if (shown !== null && shown.id !== this.seen && this.golden !== null) this.chosen((this.golden = null));
    this.seen = shown?.id ?? null;
    const mine = shown === null ? [] : [h("option", { value: YOURS, text: yours(shown.name) })];
    const others = goldens.map(({ name }, i) =>
      h("option", { value: i, text: named(name.replace(/\.png$/, "")) }),
    );
    this.select.replaceChildren(...mine, ...others);
    const index = this.golden ?? (shown === null ? 0 : null);
    this.select.value = index === null ? YOURS : String(index);
    this.note.replaceChildren(
      ...(shown === null ? [noPhoto, " ", h("a", { href: "#classify", text: choose })] : []),
    );
    if (index !== null) return this.take(index);
    if (shown !== null) this.show({ name: shown.name, golden: null, ...shown.prepared });
  }

  private changed(): void {
    this.golden = this.select.value === YOURS ? null : Number(this.select.value);
    this.chosen(this.golden);
    void this.refresh();
  }

  private async take(index: number): Promise<void> {
    try {
      const { page, photos } = this.app;
      const subject = await goldenSubject(page, photos, index);
      // Another may have been chosen while this one was read.
      if (this.select.value === String(index)) this.show(subject);
    } catch (thrown) {
      if (this.comparison.subject === null) this.comparison.cancel();
      this.note.replaceChildren(h("span", { class: "bad", text: say(words).photoFailed(messageOf(thrown)) }));
    }
  }

  private show(subject: Subject): void {
    this.comparison.setSubject(subject);
    this.frame.replaceChildren(this.drawing(subject));
  }

  /** The photo as it is; what the model sees of it where the preview was let go. */
  private drawing({ preview, name, tensor }: Subject): HTMLCanvasElement {
    try {
      if (preview !== null) return picture(preview, name);
    } catch {
      // It was closed meanwhile.
    }
    const canvas = h("canvas", { role: "img", "aria-label": name });
    drawTensor(canvas, tensor, this.app.page.preprocessing);
    return canvas;
  }
}
