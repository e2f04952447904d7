/** Flatten: maps become one list. */

import { h } from "../../shell/dom";
import { say } from "../../shell/i18n";
import { cellOf, flattenIndex } from "../arithmetic/flatten";
import { channelsOf, liveliest, rangeOf } from "../arithmetic/statistics";
import { NumberField } from "../draw/fields";
import { listImage } from "../draw/maps";
import { Picture } from "../draw/picture";
import { calculation, count, line, number } from "../format";
import { clamp } from "../memory";
import type { Kind, LayerRoom } from "../room";
import { words } from "../words";
import { checked, keyHint, legend, MapPicture, row, text } from "./parts";

/** About as many values in each line of the drawn list: those of whole places. */
const COLUMNS = 128;

export const kind: Kind = {
  title: () => say(words).flatten.title,
  fits: (_, input) => input.length === 3,
  draw(room) {
    new Flattening(room).draw();
  },
};

class Flattening {
  private readonly map: MapPicture;
  private readonly list: Picture;
  private readonly columns: number;
  private readonly fields: readonly [row: NumberField, column: NumberField, map: NumberField];
  private readonly written = h("div", {});

  constructor(private readonly room: LayerRoom) {
    const { row: rowWord, column: columnWord, map: mapWord } = say(words);
    const [height, width, channels] = room.input.shape as [number, number, number];
    const places = Math.max(1, Math.round(COLUMNS / channels));
    this.columns = Math.min(places * channels, room.output.data.length);
    this.map = new MapPicture(room, room.input, "", {
      onPoint: (y, x) => this.choose([clamp(y, height), clamp(x, width), this.cell[2]]),
      onStep: (right, down) => {
        const [y, x, c] = this.cell;
        this.choose([clamp(y + down, height), clamp(x + right, width), c]);
      },
    });
    this.list = new Picture("", {
      onPoint: (y, x) => this.go(y * this.columns + clamp(x, this.columns)),
      onStep: (right, down) => this.go(this.index + right + down * this.columns),
    });
    this.fields = [
      new NumberField(rowWord, height - 1, (y) => this.choose([y, this.cell[1], this.cell[2]])),
      new NumberField(columnWord, width - 1, (x) => this.choose([this.cell[0], x, this.cell[2]])),
      new NumberField(mapWord, channels - 1, (c) => this.choose([this.cell[0], this.cell[1], c])),
    ];
  }

  draw(): void {
    const { flatten, counted } = say(words);
    const { output, input, colors, root } = this.room;
    const { limit } = rangeOf(output.data);
    this.list
      .widen()
      .show(
        listImage(output.data, this.columns, limit, colors),
        flatten.strip(count(output.data.length), this.columns),
      );
    const single = input.shape[0] === 1 && input.shape[1] === 1;
    root.append(
      text(`${flatten.text(count(output.data.length))} ${single ? flatten.one : ""}`.trim()),
      row(...this.fields.map(({ element }) => element)),
      h("div", { class: "factors" }, this.map.element, this.written),
      this.list.element,
      legend(limit),
      keyHint(counted),
    );
    this.update();
  }

  /** The chosen index; the largest value's until one is chosen. */
  private get index(): number {
    const { output, memory } = this.room;
    return clamp(memory.get(this.key, liveliest(output)), output.data.length);
  }

  private get key(): string {
    return `flat ${this.room.layer.name}`;
  }

  private get cell(): readonly [number, number, number] {
    return cellOf(this.room.input.shape, this.index);
  }

  private choose(cell: readonly [number, number, number]): void {
    this.go(flattenIndex(this.room.input.shape, cell));
  }

  private go(index: number): void {
    this.room.memory.set(this.key, clamp(index, this.room.output.data.length));
    this.update();
  }

  private update(): void {
    const { flatten, place } = say(words);
    const { cell, index } = this;
    const [y, x, channel] = cell;
    this.fields.forEach((field, i) => field.set(cell[i] ?? 0));
    this.map.show(channel, flatten.map(channel));
    const value = this.map.value([y, x]);
    const said = `${flatten.map(channel)}: ${place(y, x, number(value))}`;
    this.map.picture.mark({ top: y, left: x, height: 1, width: 1 }).describe(said);
    this.list
      .mark({ top: Math.floor(index / this.columns), left: index % this.columns, height: 1, width: 1 })
      .describe(flatten.chosen(index, number(value)));
    this.written.replaceChildren(this.writtenOut(value));
  }

  private writtenOut(value: number): HTMLElement {
    const { flatten } = say(words);
    const { input, output } = this.room;
    const [y, x, channel] = this.cell;
    const formula = `(${y} × ${input.shape[1]} + ${x}) × ${channelsOf(input)} + ${channel}`;
    return calculation(
      line(`${flatten.index} =`, flatten.formula),
      line("=", formula, `= ${this.index}`),
      checked(value, output.data[this.index] ?? NaN),
    );
  }
}
