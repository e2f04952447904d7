/** Pieces that several steps are made of. */

import { h } from "../../shell/dom";
import { say } from "../../shell/i18n";
import { channelRange, channelsOf, valueAt } from "../arithmetic/statistics";
import { mapImage } from "../draw/maps";
import { MapGrid } from "../draw/grid";
import { NumberField } from "../draw/fields";
import { Picture, type PictureHands } from "../draw/picture";
import { count, line, number, short, tiny, volume } from "../format";
import { type Cell, clamp, placeKey } from "../memory";
import type { LayerRoom } from "../room";
import { words } from "../words";
import type { Tensor } from "../../../engine/inside";

export const text = (line: string, kind = ""): HTMLElement => h("p", { class: kind, text: line });

/** What the arrow keys do, where there may be some, and what else is said at the end of a step. */
export const keyHint = (...others: string[]): HTMLElement =>
  h("p", { class: "muted" }, h("span", { class: "by-keys", text: `${say(words).arrows} ` }), ...others);

export const row = (...children: (Node | string)[]): HTMLElement => h("div", { class: "row" }, ...children);

/** Figures side by side, as many as there is room for. */
export const figures = (...children: Node[]): HTMLElement => h("div", { class: "figures" }, ...children);

/** Blue to orange, and what the ends mean. */
export function legend(limit: number): HTMLElement {
  const ramp = h("span", { class: "ramp", "aria-hidden": "true" });
  const end = (value: number): HTMLElement => h("span", { text: short(value) });
  return h("div", { class: "legend" }, end(-limit), ramp, end(limit));
}

/** A map of (height, width, channels) that one points at. */
export class MapPicture {
  readonly picture: Picture;
  private channel = 0;

  constructor(
    private readonly room: LayerRoom,
    private readonly tensor: Tensor,
    caption: string,
    hands: PictureHands | null,
    margin = 0,
  ) {
    this.picture = new Picture(caption, hands, margin);
  }

  get element(): HTMLElement {
    return this.picture.element;
  }

  /** The magnitude that has the full color. */
  get limit(): number {
    return channelRange(this.tensor, this.channel).limit;
  }

  /** @param limit of another map, for the same colors as there. */
  show(channel: number, caption?: string, limit?: number): this {
    this.channel = channel;
    this.picture.show(mapImage(this.tensor, channel, this.room.colors, limit), caption);
    return this;
  }

  value([row, column]: Cell): number {
    return valueAt(this.tensor, row, column, this.channel);
  }
}

/** The chosen cell of a layer's maps: fields to type it in, and arrow keys and pointing that move it. */
export class Place {
  readonly row: NumberField;
  readonly column: NumberField;
  private readonly height: number;
  private readonly width: number;

  constructor(
    private readonly room: LayerRoom,
    private readonly onMove: () => void,
    private readonly key = placeKey(room),
    shape: readonly number[] = room.output.shape,
  ) {
    const { row: rowWord, column: columnWord } = say(words);
    [this.height, this.width] = [shape[0] ?? 1, shape[1] ?? 1];
    this.row = new NumberField(rowWord, this.height - 1, (value) => this.move([value, this.cell[1]]));
    this.column = new NumberField(columnWord, this.width - 1, (value) => this.move([this.cell[0], value]));
    this.refresh();
  }

  get cell(): Cell {
    return this.room.memory.place(this.key, this.height, this.width);
  }

  get cells(): number {
    return this.height * this.width;
  }

  /** Its number, row by row. */
  get index(): number {
    return this.cell[0] * this.width + this.cell[1];
  }

  set index(index: number) {
    this.move([Math.floor(index / this.width), index % this.width]);
  }

  move([row, column]: Cell): void {
    this.room.memory.setPlace(this.key, [clamp(row, this.height), clamp(column, this.width)]);
    this.refresh();
    this.onMove();
  }

  /** For a picture whose cells are those of the maps; `scale` of them in each direction are one cell. */
  hands(toCell: (row: number, column: number) => Cell = (row, column) => [row, column]): PictureHands {
    return {
      onPoint: (row, column) => this.move(toCell(row, column)),
      onStep: (right, down) => this.move([this.cell[0] + down, this.cell[1] + right]),
    };
  }

  private refresh(): void {
    this.row.set(this.cell[0]);
    this.column.set(this.cell[1]);
  }
}

/** All maps that a layer made, to choose the one that is spoken of; nothing where there is but one. */
export function channelGrid(room: LayerRoom, label: string, onChoose: () => void): HTMLElement[] {
  const { maps } = say(words);
  if (channelsOf(room.output) === 1) return [];
  // A scale of its own would make every map of one cell look the same.
  const single = volume(room.output.shape.slice(0, 2)) === 1;
  const grid = mapGrid(room, label, onChoose).draw(single);
  return [grid.element, text(single ? maps.all : maps.own, "muted")];
}

/** The maps alone, not drawn yet. */
export function mapGrid(room: LayerRoom, label: string, onChoose: () => void): MapGrid {
  const { mapName, allMaps } = say(words);
  const name = (channel: number, least: number, most: number): string =>
    mapName(channel, number(least, 3), number(most, 3));
  const choose = (channel: number): void => {
    room.memory.setChannel(room, channel);
    onChoose();
  };
  const grid = new MapGrid(
    room.output,
    room.colors,
    { label, name, more: (all: number) => allMaps(count(all)) },
    choose,
  );
  return grid.choose(room.memory.channel(room));
}

/** What the runtime computed, beside what was worked out here; `before` is said first, on the same line. */
export function checked(worked: number, computed: number, ...before: string[]): HTMLElement {
  const { computed: word, difference } = say(words);
  const terms = [`${word} ${number(computed, 7)},`, `${difference} ${tiny(worked - computed)}`];
  const result = h(
    "span",
    { class: "checked", "data-worked": worked, "data-computed": computed },
    ...terms.flatMap((term) => [h("span", { class: "term", text: term }), " "]),
  );
  return line(...before, result);
}
