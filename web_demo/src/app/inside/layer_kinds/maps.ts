/** All feature maps of a layer at once, and one of them large, with the kernel that made it. */

import { h } from "../../shell/dom";
import { say } from "../../shell/i18n";
import type { Convolution } from "../arithmetic/convolution";
import { channelsOf } from "../arithmetic/statistics";
import { Cells } from "../draw/cells";
import { colorOf } from "../draw/colors";
import { checkField } from "../draw/fields";
import { count, number } from "../format";
import type { Kind, LayerRoom } from "../room";
import { words } from "../words";
import { convolutionOf, hasWindows, readsPhoto } from "./convolving";
import { figures, keyHint, legend, mapGrid, MapPicture, Place, row, text } from "./parts";

/** Kernels that read so few channels are shown whole. */
const SHALLOW = 4;

export const kind: Kind = {
  title: ({ shape }) => say(words).maps.title(count(shape.at(-1) ?? 1)),
  fits: hasWindows,
  async draw(room) {
    const convolution = await convolutionOf(room);
    if (!room.alive()) return;
    const { maps } = say(words);
    room.root.append(text(readsPhoto(room) ? maps.text : maps.deep));
    drawMaps(room, maps.grid, convolution !== null && convolution.depth <= SHALLOW ? convolution : null);
  },
};

/** @param convolution whose kernels are shown beside; null for none. */
export function drawMaps(room: LayerRoom, label: string, convolution: Convolution | null = null): void {
  const { maps, place: placeText, counted } = say(words);
  const [value, scale, kernel] = [h("p", { class: "readout" }), h("div", {}), h("div", { class: "kernels" })];
  const place = new Place(room, () => update());
  const large = new MapPicture(room, room.output, "", place.hands());
  const update = (): void => {
    const channel = room.memory.channel(room);
    const { cell } = place;
    large.picture.mark({ top: cell[0], left: cell[1], height: 1, width: 1 });
    value.textContent = placeText(...cell, number(large.value(cell)));
    large.picture.describe(`${maps.chosen(channel)}. ${value.textContent}`);
  };
  const show = (): void => {
    const channel = room.memory.channel(room);
    large.show(channel, maps.chosen(channel));
    scale.replaceChildren(legend(large.limit));
    if (convolution !== null) kernel.replaceChildren(...kernelTables(room, convolution, channel));
    update();
  };
  const grid = mapGrid(room, label, show).draw();
  const note = text(maps.own, "muted");
  const oneScale = checkField(maps.oneScale, false, (on) => {
    grid.draw(on);
    note.textContent = on ? maps.all : maps.own;
  });
  room.root.append(
    ...(channelsOf(room.output) > 1 ? [row(oneScale), grid.element, note] : []),
    figures(h("div", {}, large.element, scale, row(place.row.element, place.column.element), value), kernel),
    keyHint(counted),
  );
  show();
}

function kernelTables(room: LayerRoom, convolution: Convolution, filter: number): HTMLElement[] {
  const {
    maps,
    red,
    green,
    blue,
    convolution: { weights },
  } = say(words);
  const [rows, columns] = convolution.windows.size;
  const names = convolution.depth === 3 && readsPhoto(room) ? [red, green, blue] : [];
  const tables = Array.from({ length: convolution.depth }, (_, i) => {
    const table = new Cells(rows, columns, names[i] ?? weights);
    convolution.weights(filter, i).forEach((weight, at) => {
      table.set(at, [number(weight, 3)], colorOf(room.colors, weight, convolution.weightLimit));
    });
    return table.element;
  });
  return [h("h3", { text: maps.weights(filter) }), ...tables];
}
