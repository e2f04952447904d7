/** An activation: the same function for every value, before and after side by side. */

import { h, percent } from "../../shell/dom";
import { say } from "../../shell/i18n";
import { FORMULAS } from "../arithmetic/activations";
import { zeroed } from "../arithmetic/statistics";
import { Bars } from "../draw/bars";
import { NumberField } from "../draw/fields";
import { calculation, factor, line, number } from "../format";
import { clamp } from "../memory";
import type { Kind, LayerRoom } from "../room";
import { words } from "../words";
import { channelGrid, checked, figures, keyHint, legend, MapPicture, Place, row, text } from "./parts";

export const kind: Kind = {
  title: ({ activation }) => {
    const { activation: said } = say(words);
    return activation === "relu" ? said.relu : said.title(activation ?? "");
  },
  draw(room) {
    const { activation: said } = say(words);
    const name = room.layer.activation ?? "";
    const formula = FORMULAS[name]?.text;
    const lines =
      name === "relu" ? said.reluText : `${said.text(name)} ${formula === undefined ? said.unknown : ""}`;
    room.root.append(text(lines.trim()));
    if (room.output.shape.length === 3) drawMaps(room);
    else drawList(room);
  },
};

function drawMaps(room: LayerRoom): void {
  const { activation: said, ...all } = say(words);
  const [written, share, scale] = [h("div", {}), h("p", {}), h("div", {})];
  const place = new Place(room, () => update());
  const before = new MapPicture(room, room.input, said.before, place.hands());
  const after = new MapPicture(room, room.output, said.after, place.hands());
  const update = (): void => {
    const [top, left] = place.cell;
    const frame = { top, left, height: 1, width: 1 };
    const [x, y] = [before, after].map((map) => map.value(place.cell)) as [number, number];
    before.picture.mark(frame).describe(`${said.before}: ${all.place(top, left, number(x))}`);
    after.picture.mark(frame).describe(`${said.after}: ${all.place(top, left, number(y))}`);
    written.replaceChildren(writtenOut(room, x, y));
  };
  const show = (): void => {
    const channel = room.memory.channel(room);
    before.show(channel);
    after.show(channel, undefined, before.limit);
    scale.replaceChildren(legend(before.limit));
    const zeros = zeroed(room.input, room.output);
    share.textContent =
      zeros > 0 ? said.zeroed(percent(zeroed(room.input, room.output, channel)), percent(zeros)) : "";
    update();
  };
  const grid = channelGrid(room, said.grid, show);
  room.root.append(
    row(place.row.element, place.column.element),
    figures(h("div", {}, before.element, scale), after.element),
    written,
    share,
    ...grid,
    keyHint(all.counted),
  );
  show();
}

/** A list, as behind a dense layer: bars before and after. */
function drawList(room: LayerRoom): void {
  const { activation: said, unit, value } = say(words);
  const { memory, colors, input, output } = room;
  const written = h("div", {});
  const choose = (index: number): void => {
    memory.setChannel(room, clamp(index, output.data.length));
    update();
  };
  const before = new Bars(said.before, colors, choose);
  const after = new Bars(said.after, colors, choose);
  const field = new NumberField(unit, output.data.length - 1, choose);
  const update = (): void => {
    const index = memory.channel(room);
    const [x, y] = [input, output].map(({ data }) => data[index] ?? NaN) as [number, number];
    field.set(index);
    before.show(input.data, index).describe(`${said.before}. ${unit} ${index}, ${value}: ${number(x)}`);
    after.show(output.data, index).describe(`${said.after}. ${unit} ${index}, ${value}: ${number(y)}`);
    written.replaceChildren(writtenOut(room, x, y));
  };
  const zeros = zeroed(input, output);
  room.root.append(
    row(field.element),
    before.element,
    after.element,
    written,
    ...(zeros > 0 ? [text(said.zeroedList(percent(zeros)))] : []),
    keyHint(),
  );
  update();
}

/** "max(0, −0.53) = 0". */
function writtenOut({ layer }: LayerRoom, x: number, y: number): HTMLElement {
  const formula = FORMULAS[layer.activation ?? ""];
  if (formula === undefined) return calculation(line(number(x), "→", number(y)));
  const put = formula.text.replace(/\bx\b/g, layer.activation === "relu" ? number(x) : factor(x));
  return calculation(line(put, `= ${number(formula.of(x))}`), checked(formula.of(x), y));
}
