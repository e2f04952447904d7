/** The photo as numbers: a patch of pixels, 0-255, and what Rescaling makes of them. */

import type { Layer, Tensor } from "../../../engine/inside";
import { h } from "../../shell/dom";
import { say } from "../../shell/i18n";
import { drawTensor } from "../../shell/pictures";
import { valueAt } from "../arithmetic/statistics";
import { Cells } from "../draw/cells";
import { NumberField } from "../draw/fields";
import type { Rgb } from "../draw/colors";
import { Picture } from "../draw/picture";
import { calculation, factor, number } from "../format";
import { divisor } from "../keras";
import { type Cell, clamp } from "../memory";
import type { Room } from "../room";
import { words } from "../words";
import { checked, row, text } from "./parts";

const PATCH = 8;
const KEY = "pixel";

/** @param scaling the first layer, where that is a Rescaling of all channels alike. */
export function draw(room: Room, scaling: Layer | null): void {
  new Numbers(room, scaling).draw();
}

class Numbers {
  private readonly picture: Picture;
  private readonly before: Cells;
  private readonly after: Cells | null;
  private readonly row: NumberField;
  private readonly column: NumberField;
  private readonly written = h("div", {});
  private readonly rows: number;
  private readonly columns: number;
  private readonly image: Tensor;
  private readonly rescaled: Tensor | null;
  /** Where the mouse is; the frame goes back when it has gone. */
  private hovered: Cell | null = null;

  constructor(
    private readonly room: Room,
    private readonly scaling: Layer | null,
  ) {
    const { width, height, channels } = room.app.page.preprocessing;
    const { numbers, row: rowWord, column: columnWord } = say(words);
    this.image = { shape: [height, width, channels], data: Float32Array.from(room.shown.prepared.tensor) };
    this.rescaled = scaling === null || room.trace === null ? null : room.trace.output(0);
    [this.rows, this.columns] = [Math.min(PATCH, height), Math.min(PATCH, width)];
    this.picture = new Picture("", {
      onPoint: (y, x) => this.move([y, x]),
      onStep: (right, down) => this.move([this.chosen[0] + down, this.chosen[1] + right]),
      onHover: (cell) => this.hover(cell),
    });
    this.before = new Cells(this.rows, this.columns, "");
    this.after = this.rescaled === null ? null : new Cells(this.rows, this.columns, numbers.rescaled);
    this.row = new NumberField(rowWord, height - 1, (y) => this.move([y, this.chosen[1]]));
    this.column = new NumberField(columnWord, width - 1, (x) => this.move([this.chosen[0], x]));
  }

  draw(): void {
    const { numbers, counted, arrows } = say(words);
    const { preprocessing } = this.room.app.page;
    const image = document.createElement("canvas");
    drawTensor(image, this.room.shown.prepared.tensor, preprocessing);
    this.picture.show(image, arrows).element.lastElementChild?.classList.add("by-keys");
    const tables = [this.before, ...(this.after === null ? [] : [this.after])];
    for (const table of tables) table.onPress((i) => this.move(this.cellOf(i)));
    const least = number(this.scaled(0), 2).replace(/[.,]00$/, "");
    const most = number(this.scaled(255), 2).replace(/[.,]00$/, "");
    const title = least === "0" && most === "1" ? numbers.rescaling : numbers.rescalingTo(least, most);
    this.room.root.append(
      text(preprocessing.channels === 1 ? numbers.grey : numbers.color),
      row(this.row.element, this.column.element),
      h("div", { class: "numbers" }, this.picture.element, ...tables.map(({ element }) => element)),
      ...(preprocessing.channels === 1 ? [] : [text(numbers.order, "muted")]),
      ...(this.rescaled === null ? [] : [h("h3", { text: title }), text(numbers.why), this.written]),
      text(counted, "muted"),
    );
    this.update();
  }

  private get chosen(): Cell {
    const [height, width] = this.image.shape as [number, number];
    return this.room.memory.place(KEY, height, width);
  }

  private move([y, x]: Cell): void {
    const [height, width] = this.image.shape as [number, number];
    this.room.memory.setPlace(KEY, [clamp(y, height), clamp(x, width)]);
    this.hovered = null;
    this.update();
  }

  private hover(cell: Cell | null): void {
    this.hovered = cell;
    this.update();
  }

  /** The patch's upper left pixel: the chosen one is near its middle, and the patch within the photo. */
  private start([y, x]: Cell): Cell {
    const [height, width] = this.image.shape as [number, number];
    const first = (at: number, size: number, length: number): number =>
      clamp(at - ((size - 1) >> 1), length - size + 1);
    return [first(y, this.rows, height), first(x, this.columns, width)];
  }

  private cellOf(i: number): Cell {
    const [top, left] = this.start(this.chosen);
    return [top + Math.floor(i / this.columns), left + (i % this.columns)];
  }

  private scaled(value: number): number {
    return value * (this.scaling?.scale ?? 1) + (this.scaling?.offset ?? 0);
  }

  /** As many as five signs hold, for eight cells must fit on a phone. */
  private get digits(): number {
    const ends = [this.scaled(0), this.scaled(255)];
    const limit = Math.max(...ends.map(Math.abs));
    if (limit >= 10) return limit >= 100 ? 0 : 1;
    return Math.min(...ends) < 0 || limit > 1.001 ? 2 : 3;
  }

  private update(): void {
    const { numbers } = say(words);
    const cell = this.hovered ?? this.chosen;
    const [top, left] = this.start(cell);
    this.row.set(cell[0]);
    this.column.set(cell[1]);
    this.before.caption(numbers.patch(...cell));
    for (let i = 0; i < this.rows * this.columns; i++) {
      const [y, x] = [top + Math.floor(i / this.columns), left + (i % this.columns)];
      const note = y === cell[0] && x === cell[1] ? "chosen" : null;
      const values = this.values(this.image, y, x);
      const color = (values.length === 1 ? [values[0], values[0], values[0]] : values) as unknown as Rgb;
      this.before.set(i, values.map(String), color, note);
      if (this.rescaled !== null) {
        const small = this.values(this.rescaled, y, x).map((value) => number(value, this.digits));
        this.after?.set(i, small, color, note);
      }
    }
    this.picture
      .mark(
        { top, left, height: this.rows, width: this.columns },
        { top: cell[0], left: cell[1], height: 1, width: 1 },
      )
      .describe(`${numbers.choose(...cell)} ${this.spoken(cell)}`);
    this.write(cell);
  }

  private values(tensor: Tensor, y: number, x: number): number[] {
    return Array.from({ length: tensor.shape[2] ?? 1 }, (_, c) => valueAt(tensor, y, x, c));
  }

  private names(): string[] {
    const { red, green, blue, grey } = say(words);
    return this.image.shape[2] === 1 ? [grey] : [red, green, blue];
  }

  private spoken([y, x]: Cell): string {
    const values = this.values(this.image, y, x);
    return this.names()
      .map((name, c) => `${name} ${values[c]}`)
      .join(", ");
  }

  /** The Rescaling, written out for the chosen pixel. */
  private write([y, x]: Cell): void {
    if (this.rescaled === null || this.scaling === null) return;
    const { scale, offset } = this.scaling;
    const by = divisor(scale);
    const plus = offset ? ` + ${factor(offset)}` : "";
    const lines = this.names().map((name, c) => {
      const value = valueAt(this.image, y, x, c);
      const how = by === null ? `${value} × ${number(scale ?? 1, 6)}` : `${value} / ${by}`;
      const worked = this.scaled(value);
      const computed = valueAt(this.rescaled as Tensor, y, x, c);
      return checked(worked, computed, `${name}:`, `${how}${plus}`, `= ${number(worked)}.`);
    });
    this.written.replaceChildren(calculation(...lines));
  }
}
