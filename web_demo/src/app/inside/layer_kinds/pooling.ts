/** Pooling: of every window the largest value, or the mean. */

import type { Layer } from "../../../engine/inside";
import { h } from "../../shell/dom";
import { say } from "../../shell/i18n";
import { type Pooled, poolAt } from "../arithmetic/pooling";
import { leftOver, overhang, pair, startOf, type Windows, windowsOf } from "../arithmetic/windows";
import { Cells } from "../draw/cells";
import { colorOf } from "../draw/colors";
import { calculation, count, line, number, size, volume } from "../format";
import type { Cell } from "../memory";
import type { Kind, LayerRoom } from "../room";
import { words } from "../words";
import { channelGrid, checked, figures, keyHint, legend, MapPicture, Place, row, text } from "./parts";

const isMax = ({ type }: Layer): boolean => type === "MaxPooling2D";

export const kind: Kind = {
  title: (layer, nth) => {
    const { max, average } = say(words).pooling;
    const which = nth === null ? "" : ` ${nth}`;
    return `${isMax(layer) ? max : average}${which}, ${size(layer.pool ?? [])}`;
  },
  fits: ({ pool, strides }, input) => pool !== null && strides !== null && input.length === 3,
  draw(room) {
    new Pooling(room).draw();
  },
};

class Pooling {
  private readonly windows: Windows;
  private readonly place: Place;
  private readonly before: MapPicture;
  private readonly after: MapPicture;
  private readonly cells: Cells;
  private readonly written = h("div", {});
  private readonly scale = h("div", {});

  constructor(private readonly room: LayerRoom) {
    const { layer, input, output } = room;
    const { pooling: said } = say(words);
    const by = pair(layer.strides ?? [1, 1]);
    this.windows = windowsOf(input.shape, output.shape, pair(layer.pool ?? [1, 1]), by, layer.padding);
    this.place = new Place(room, () => this.update());
    const under = (y: number, x: number): Cell => [
      Math.floor((y + this.windows.before[0]) / by[0]),
      Math.floor((x + this.windows.before[1]) / by[1]),
    ];
    this.before = new MapPicture(room, input, said.before, this.place.hands(under), overhang(this.windows));
    this.after = new MapPicture(room, output, said.after, this.place.hands());
    this.cells = new Cells(...this.windows.size, said.values);
  }

  draw(): void {
    const { pooling: said, counted } = say(words);
    const { layer, input, output } = this.room;
    const window = size(this.windows.size);
    const [from, to] = [input.shape, output.shape];
    const grid = channelGrid(this.room, said.grid, () => this.show());
    this.room.root.append(
      text(isMax(layer) ? said.maxText(window) : said.averageText(window)),
      text(
        `${said.sizes(size(from), count(volume(from)), size(to), count(volume(to)))} ${this.leftText()}`.trim(),
      ),
      row(this.place.row.element, this.place.column.element),
      figures(h("div", {}, this.before.element, this.scale), this.after.element),
      h("div", { class: "factors" }, this.cells.element, this.written),
      ...grid,
      keyHint(counted),
    );
    this.show();
  }

  private leftText(): string {
    const { pooling: said } = say(words);
    const [rows, columns] = leftOver(this.windows);
    if (rows === 0 && columns === 0) return "";
    return rows === 1 && columns === 1 ? said.leftOne : said.left(rows, columns);
  }

  private show(): void {
    const channel = this.room.memory.channel(this.room);
    this.before.show(channel);
    this.after.show(channel, undefined, this.before.limit);
    this.scale.replaceChildren(legend(this.before.limit));
    this.update();
  }

  private update(): void {
    const { pooling: said, place: placeText } = say(words);
    const { cell } = this.place;
    const [top, left] = startOf(this.windows, ...cell);
    const how = isMax(this.room.layer) ? "max" : "average";
    const pooled = poolAt(this.room.input, this.windows, how, [...cell, this.room.memory.channel(this.room)]);
    this.before.picture
      .mark({ top, left, height: this.windows.size[0], width: this.windows.size[1] })
      .describe(`${said.before}. ${placeText(top, left, this.texts(pooled).join("; "))}`);
    this.after.picture
      .mark({ top: cell[0], left: cell[1], height: 1, width: 1 })
      .describe(`${said.window(...cell)} ${number(pooled.result)}`);
    this.write(pooled, this.after.value(cell));
  }

  private write(pooled: Pooled, computed: number): void {
    const { colors, layer } = this.room;
    pooled.values.forEach((value, i) => {
      const chosen = isMax(layer) && i === pooled.largest ? "chosen" : null;
      const text = value === null ? "" : number(value, 3);
      const color = value === null ? null : colorOf(colors, value, this.before.limit);
      this.cells.set(i, [text], color, value === null ? "padded" : chosen);
    });
    const terms = this.texts(pooled);
    const worked = isMax(layer)
      ? line(
          "max(",
          ...terms.map((term, i) => (i < terms.length - 1 ? `${term};` : term)),
          ")",
          `= ${number(pooled.result)}`,
        )
      : line(`(${terms.join(" + ")}) / ${terms.length}`, `= ${number(pooled.result)}`);
    this.written.replaceChildren(calculation(worked, checked(pooled.result, computed)));
  }

  private texts({ values }: Pooled): string[] {
    return values.filter((value) => value !== null).map((value) => number(value));
  }
}
