/** A dense layer: one unit's strongest contributions, their sum, and all units. */

import type { Tensor } from "../../../engine/inside";
import { h } from "../../shell/dom";
import { say } from "../../shell/i18n";
import { type Contribution, unitAt, type Unit } from "../arithmetic/dense";
import { cellOf } from "../arithmetic/flatten";
import { Bars } from "../draw/bars";
import { colorOf, css } from "../draw/colors";
import { NumberField } from "../draw/fields";
import { calculation, count, factor, line, number } from "../format";
import { clamp } from "../memory";
import type { Kind, LayerRoom } from "../room";
import type { Trace } from "../trace";
import { words } from "../words";
import { checked, keyHint, row, text } from "./parts";

const TOP = 10;

export const kind: Kind = {
  title: (_, nth) => `${say(words).dense.title}${nth === null ? "" : ` ${nth}`}`,
  fits: ({ kernel }, input) => kernel !== null && input.length === 1,
  async draw(room) {
    const { trace, layer } = room;
    if (layer.kernel === null) return;
    const [kernel, bias] = await Promise.all([
      trace.weight(layer.kernel),
      layer.bias === null ? null : trace.weight(layer.bias),
    ]);
    if (room.alive()) drawUnits(room, kernel, bias);
  },
};

function drawUnits(room: LayerRoom, kernel: Tensor, bias: Tensor | null): void {
  const { dense, unit: unitWord, rounded } = say(words);
  const { input, output, colors, memory } = room;
  const labels = labelsOf(room);
  const table = h("div", {});
  const written = h("div", {});
  const which = h("span", { class: "chip" });
  const choose = (unit: number): void => {
    memory.setChannel(room, clamp(unit, output.data.length));
    update();
  };
  const units = new Bars(dense.outputs, colors, choose);
  const field = new NumberField(unitWord, output.data.length - 1, choose);
  const update = (): void => {
    const chosen = memory.channel(room);
    const unit = unitAt(input, kernel, bias, chosen);
    const computed = output.data[chosen] ?? NaN;
    field.set(chosen);
    which.textContent = labels === null ? "" : dense.label(labels[chosen] ?? "");
    units.show(output.data, chosen).describe(dense.outputsOf(chosen, number(computed)));
    table.replaceChildren(contributions(room, unit));
    written.replaceChildren(calculation(...sums(unit), checked(unit.value, computed)));
  };
  const inputs = new Bars(dense.inputs, colors).show(input.data).describe(dense.inputs);
  room.root.append(
    text(dense.text(count(output.data.length), count(input.data.length))),
    ...(labels === null ? [] : [text(dense.last)]),
    inputs.element,
    units.element,
    row(field.element, ...(labels === null ? [] : [which])),
    table,
    written,
    keyHint(rounded),
  );
  update();
}

/** The labels where this layer's units stand for them: only an activation follows it. */
function labelsOf({ trace, index, output, app }: LayerRoom): readonly string[] | null {
  const last = trace.rows.length - 1;
  const ends = index === last || (index === last - 1 && trace.row(last).type === "Activation");
  return ends && output.data.length === app.page.labels.length ? app.page.labels : null;
}

/** Those that are listed: after ReLU many values are 0, and add nothing. */
function strongest(all: readonly Contribution[]): readonly Contribution[] {
  return all.slice(0, TOP).filter(({ product }, i) => i === 0 || product !== 0);
}

function contributions(room: LayerRoom, { contributions: all }: Unit): HTMLElement {
  const { dense, value, weight, product } = say(words);
  const top = strongest(all);
  const limit = Math.abs(top[0]?.product ?? 0);
  const head = h(
    "tr",
    {},
    ...[dense.from, value, weight, product].map((word) => h("th", { scope: "col", text: word })),
  );
  const rows = top.map((one) => contribution(room, one, limit));
  const caption = h("caption", { text: dense.top(top.length) });
  const table = h(
    "table",
    { class: "table contributions" },
    caption,
    h("thead", {}, head),
    h("tbody", {}, ...rows),
  );
  return table;
}

function contribution(
  room: LayerRoom,
  { index, value, weight, product }: Contribution,
  limit: number,
): HTMLElement {
  const bar = h("span", { class: "share", "aria-hidden": "true" });
  bar.style.inlineSize = `${(limit > 0 ? (100 * Math.abs(product)) / limit : 0).toFixed(1)}%`;
  bar.style.backgroundColor = css(colorOf(room.colors, Math.sign(product), 1));
  return h(
    "tr",
    {},
    h("td", { text: origin(room, index) }),
    h("td", { text: number(value) }),
    h("td", { text: `× ${factor(weight)}` }),
    h("td", { class: "what" }, `= ${number(product)}`, bar),
  );
}

/** Where a value came from, as far as that can be told. */
function origin({ trace, index: at }: LayerRoom, index: number): string {
  const { dense, unit, map } = say(words);
  const flat = at > 0 && trace.row(at - 1).type === "Flatten" ? trace.input(at - 1) : null;
  if (flat?.shape.length !== 3) return isUnit(trace, at - 1) ? `${unit} ${index}` : dense.index(index);
  const [y, x, channel] = cellOf(flat.shape, index);
  return flat.shape[0] === 1 && flat.shape[1] === 1 ? `${map} ${channel}` : dense.cell(channel, y, x);
}

/** Whether the values that a row made are those of a dense layer's units. */
function isUnit(trace: Trace, index: number): boolean {
  return index >= 0 && trace.rows.some(({ name, type }) => name === trace.family(index) && type === "Dense");
}

function sums({ contributions: all, sum, bias, value }: Unit): (HTMLElement | null)[] {
  const { dense, bias: biasWord } = say(words);
  const shown = strongest(all).length;
  const top = all.slice(0, shown).reduce((total, { product }) => total + product, 0);
  const rest = all.length - shown;
  return [
    line(`${dense.top(shown)}:`, number(top)),
    rest > 0 ? line(`+ ${dense.rest(count(rest))}:`, factor(sum - top)) : null,
    line(`+ ${biasWord}`, factor(bias), `= ${number(value, 7)}`),
  ];
}
