/** A convolution: a kernel that slides over its input, and its products written out. */

import { h } from "../../shell/dom";
import { say } from "../../shell/i18n";
import { drawTensor } from "../../shell/pictures";
import type { Convolution, Sum } from "../arithmetic/convolution";
import { overhang, startOf } from "../arithmetic/windows";
import { NumberField } from "../draw/fields";
import { mapImage } from "../draw/maps";
import { Picture } from "../draw/picture";
import { number } from "../format";
import type { Cell } from "../memory";
import type { Kind, LayerRoom } from "../room";
import { words } from "../words";
import { explanation } from "./convolution_text";
import { convolutionOf, hasWindows, readsPhoto } from "./convolving";
import { figures, keyHint, legend, MapPicture, Place, row } from "./parts";
import { Player } from "./player";
import { Products } from "./products";

export const kind: Kind = {
  title: ({ type }, nth) => {
    const { title, depthwise } = say(words).convolution;
    return `${type === "DepthwiseConv2D" ? depthwise : title}${nth === null ? "" : ` ${nth}`}`;
  },
  fits: hasWindows,
  async draw(room) {
    const convolution = await convolutionOf(room);
    if (convolution !== null && room.alive()) new Sliding(room, convolution).draw();
  },
};

class Sliding {
  private readonly input: Picture;
  private readonly output: MapPicture;
  private readonly place: Place;
  private readonly kernel: NumberField;
  private readonly player: Player;
  private readonly products: Products;
  private readonly legend = h("div", {});
  /** The input map that is drawn; null before the first. */
  private drawn: number | null = null;

  constructor(
    private readonly room: LayerRoom,
    private readonly convolution: Convolution,
  ) {
    const { convolution: said, kernel } = say(words);
    this.place = new Place(room, () => this.update());
    this.products = new Products(room, convolution, () => this.update());
    this.input = new Picture(
      said.input,
      this.place.hands((y, x) => this.under(y, x)),
      overhang(convolution.windows),
    );
    this.output = new MapPicture(room, room.output, "", this.place.hands());
    this.kernel = new NumberField(kernel, convolution.filters - 1, (filter) => this.choose(filter));
    this.player = new Player(this.place, room.memory, (shown) => this.output.picture.reveal(shown));
    room.onEnd(() => this.player.end());
  }

  draw(): void {
    const { counted, rounded } = say(words);
    this.room.root.append(
      ...explanation(this.room, this.convolution),
      row(this.kernel.element, this.place.row.element, this.place.column.element),
      this.player.element,
      figures(this.input.element, h("div", {}, this.output.element, this.legend)),
      this.products.element,
      keyHint(`${counted} ${rounded}`),
    );
    this.choose(this.room.memory.channel(this.room));
    this.player.resume();
  }

  private choose(filter: number): void {
    const { memory } = this.room;
    memory.setChannel(this.room, filter);
    this.kernel.set(filter);
    this.output.show(filter, say(words).convolution.output(filter));
    this.legend.replaceChildren(legend(this.output.limit));
    this.update();
  }

  /** The place of the map whose window has a cell of the input in its middle. */
  private under(y: number, x: number): Cell {
    const { strides, size, before } = this.convolution.windows;
    const at = (cell: number, axis: 0 | 1): number =>
      Math.round((cell + before[axis] - (size[axis] - 1) / 2) / strides[axis]);
    return [at(y, 0), at(x, 1)];
  }

  private update(): void {
    const { windows } = this.convolution;
    const { cell } = this.place;
    const filter = this.room.memory.channel(this.room);
    const sum = this.convolution.at(filter, ...cell);
    this.player.moved();
    this.products.show(sum, this.output.value(cell));
    this.drawInput(sum);
    const [top, left] = startOf(windows, ...cell);
    this.input.mark({ top, left, height: windows.size[0], width: windows.size[1] });
    this.output.picture.mark({ top: cell[0], left: cell[1], height: 1, width: 1 });
    this.describe(cell, [top, left]);
  }

  private describe(cell: Cell, start: Cell): void {
    const { convolution: said, place } = say(words);
    const filter = this.room.memory.channel(this.room);
    this.input.describe(said.window(...start));
    this.output.picture.describe(
      `${said.output(filter)}: ${place(cell[0], cell[1], number(this.output.value(cell)))}`,
    );
  }

  /** The photo in its colors, or the input map whose products are shown. */
  private drawInput(sum: Sum): void {
    const { room } = this;
    const channel = sum.parts[this.products.shown(sum)]?.channel ?? 0;
    if (readsPhoto(room)) {
      if (this.drawn !== null) return;
      const image = document.createElement("canvas");
      drawTensor(image, room.shown.prepared.tensor, room.app.page.preprocessing);
      this.input.show(image);
    } else if (this.drawn !== channel) {
      const { inputMap } = say(words).convolution;
      this.input.show(mapImage(room.input, channel, room.colors), inputMap(channel));
    }
    this.drawn = channel;
  }
}
