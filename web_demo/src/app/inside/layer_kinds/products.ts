/** The products of one window, as tables and as a calculation. */

import { h } from "../../shell/dom";
import { say } from "../../shell/i18n";
import { type Convolution, type Part, strongest, type Sum } from "../arithmetic/convolution";
import { rangeOf } from "../arithmetic/statistics";
import { Bars } from "../draw/bars";
import { Cells } from "../draw/cells";
import { colorOf, type Rgb } from "../draw/colors";
import { checkField, NumberField } from "../draw/fields";
import { calculation, count, factor, line, number, sumOf } from "../format";
import type { LayerRoom } from "../room";
import { words } from "../words";
import { readsPhoto, unscaled } from "./convolving";
import { checked, row } from "./parts";

/** Up to so many input channels are all written out; of more, one. */
const ALL = 4;

export class Products {
  readonly element = h("div", { class: "products" });
  private readonly tables: PartTables[];
  private readonly bars: Bars | null;
  private readonly field: NumberField | null;
  private readonly written = h("div", {});
  private readonly deep: boolean;
  private last: Sum | null = null;
  /** The part that was chosen by hand; null while the strongest is followed. */
  private chosen: number | null;

  constructor(
    private readonly room: LayerRoom,
    convolution: Convolution,
    private readonly onChoose: () => void,
  ) {
    this.deep = convolution.depth > ALL;
    this.chosen = room.memory.get<number | null>(this.key, null);
    const shown = this.deep ? 1 : convolution.depth;
    this.tables = Array.from({ length: shown }, () => new PartTables(room, convolution));
    const { inputMap } = say(words);
    this.bars = this.deep ? new Bars("", room.colors, (part) => this.choose(part)) : null;
    this.field = this.deep
      ? new NumberField(inputMap, convolution.depth - 1, (part) => this.choose(part))
      : null;
    this.element.append(...this.tables.map(({ element }) => element));
    this.element.append(this.written);
    if (this.bars !== null && this.field !== null)
      this.element.append(...this.chooser(this.bars, this.field));
  }

  /** Which of the parts is drawn, where there are too many for all. */
  shown(sum: Sum): number {
    return this.chosen ?? strongest(sum);
  }

  /** @param computed what the runtime has at this place. */
  show(sum: Sum, computed: number): void {
    this.last = sum;
    const parts = this.deep ? [sum.parts[this.shown(sum)] as Part] : sum.parts;
    parts.forEach((part, i) => this.tables[i]?.show(part, this.nameOf(part)));
    const lines = parts.map((part) => this.lineOf(part));
    const others = this.deep ? [this.othersOf(sum)] : [];
    this.written.replaceChildren(
      calculation(...lines, ...others, ...totals(sum, this.deep ? [] : parts), checked(sum.value, computed)),
    );
    this.refreshChooser(sum);
  }

  private get key(): string {
    return `part ${this.room.layer.name}`;
  }

  private choose(part: number | null): void {
    this.chosen = part;
    this.room.memory.set(this.key, part);
    this.onChoose();
    const box = this.element.querySelector<HTMLInputElement>("input[type=checkbox]");
    if (box !== null) box.checked = part === null;
  }

  private chooser(bars: Bars, field: NumberField): HTMLElement[] {
    const { convolution: said } = say(words);
    const follow = checkField(said.strongest, this.chosen === null, (on) =>
      this.choose(on || this.last === null ? null : strongest(this.last)),
    );
    return [row(field.element, follow), bars.element];
  }

  private refreshChooser(sum: Sum): void {
    if (this.bars === null) return;
    const { convolution: said } = say(words);
    const shown = this.shown(sum);
    const part = sum.parts[shown] as Part;
    this.bars.show(
      sum.parts.map((one) => one.sum),
      shown,
      said.parts(sum.parts.length),
    );
    this.bars.describe(`${said.parts(sum.parts.length)} ${this.nameOf(part)}: ${number(part.sum)}`);
    this.field?.set(shown);
  }

  private nameOf({ channel }: Part): string {
    const { red, green, blue, grey, convolution: said } = say(words);
    if (!readsPhoto(this.room)) return said.channel(channel);
    return (this.room.input.shape[2] === 1 ? [grey] : [red, green, blue])[channel] ?? said.channel(channel);
  }

  /** "Red: 0.72 × (−0.13) + ... = 0.4321". */
  private lineOf(part: Part): HTMLElement {
    const terms = part.values.map((value, i) => `${number(value, 3)} × ${factor(part.weights[i] ?? NaN, 3)}`);
    return line(`${this.nameOf(part)}:`, ...sumOf(terms), `= ${number(part.sum)}`);
  }

  private othersOf(sum: Sum): HTMLElement {
    const shown = this.shown(sum);
    const others = sum.parts.filter((_, i) => i !== shown).map((part) => part.sum);
    const plus = others.filter((one) => one > 0).reduce((all, one) => all + one, 0);
    const minus = others.filter((one) => one < 0).reduce((all, one) => all + one, 0);
    const { convolution: said } = say(words);
    const what = said.others(others.length, `+${number(plus)}`, number(minus));
    return line(`${what}:`, number(plus + minus));
  }
}

/** @param parts what is added up, where that can be read at a glance. */
function totals(sum: Sum, parts: readonly Part[]): HTMLElement[] {
  const { convolution: said, bias } = say(words);
  const word = said.sum(count(sum.products));
  const terms = parts.length > 1 ? sumOf(parts.map((part, i) => (i > 0 ? factor : number)(part.sum))) : [];
  return [
    line(`${word}:`, ...terms, `${terms.length > 0 ? "= " : ""}${number(sum.sum)}`),
    line(`+ ${bias}`, factor(sum.bias), `= ${number(sum.value, 7)}`),
  ];
}

/** Input times weights is products, three tables of one channel. */
class PartTables {
  readonly element: HTMLElement;
  private readonly patch: Cells;
  private readonly weights: Cells;
  private readonly products: Cells;
  private readonly sum = h("span", { class: "term" });
  private readonly inputLimit: number;
  private readonly weightLimit: number;

  constructor(
    private readonly room: LayerRoom,
    convolution: Convolution,
  ) {
    const { convolution: said } = say(words);
    const [rows, columns] = convolution.windows.size;
    this.patch = new Cells(rows, columns, "");
    this.weights = new Cells(rows, columns, said.weights);
    this.products = new Cells(rows, columns, said.products);
    const sign = (text: string): HTMLElement => h("span", { class: "sign", text });
    this.element = h(
      "div",
      { class: "part" },
      h("div", { class: "factors" }, this.patch.element, sign("×"), this.weights.element),
      h("div", { class: "factors" }, sign("="), this.products.element, this.sum),
    );
    this.inputLimit = rangeOf(room.input.data).limit;
    this.weightLimit = convolution.weightLimit;
  }

  show({ channel, values, weights, padded, sum }: Part, name: string): void {
    const { convolution: said } = say(words);
    const { colors } = this.room;
    const limit = this.weightLimit * this.inputLimit;
    this.patch.caption(said.patch(name));
    values.forEach((value, i) => {
      const note = padded[i] === true ? "padded" : null;
      const weight = weights[i] ?? NaN;
      this.patch.set(i, [number(value, 3)], note === null ? this.color(channel, value) : null, note);
      this.weights.set(i, [number(weight, 3)], colorOf(colors, weight, this.weightLimit));
      this.products.set(i, [number(value * weight, 3)], colorOf(colors, value * weight, limit));
    });
    this.sum.textContent = `Σ = ${number(sum)}`;
  }

  /** A channel of the photo in its own color; anything else as all maps. */
  private color(channel: number, value: number): Rgb {
    if (!readsPhoto(this.room)) return colorOf(this.room.colors, value, this.inputLimit);
    const light = Math.round(unscaled(this.room, value));
    if (this.room.input.shape[2] === 1) return [light, light, light];
    return [0, 1, 2].map((c) => (c === channel ? light : 0)) as unknown as Rgb;
  }
}
