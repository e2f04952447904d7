/** Any layer that has no file of its own: its shape, and what it made. */

import { h } from "../../shell/dom";
import { say } from "../../shell/i18n";
import { Bars } from "../draw/bars";
import { NumberField } from "../draw/fields";
import { number } from "../format";
import { clamp } from "../memory";
import type { Kind, LayerRoom } from "../room";
import { words } from "../words";
import { drawMaps } from "./maps";
import { row, text } from "./parts";

export const kind: Kind = {
  title: ({ type }) => type,
  draw(room) {
    const { generic } = say(words);
    room.root.append(text(swaps(room) ? generic.swap : generic.text(room.layer.type)));
    if (room.output.shape.length === 3) drawMaps(room, generic.grid);
    else drawList(room);
  },
};

/** Whether this is how an import exchanges red and blue, for a model that was declared to want BGR. */
function swaps({ app, layer, output }: LayerRoom): boolean {
  const declared = app.page.imported?.declared ?? [];
  const bgr = declared.some(({ name, value }) => name === "channel_order" && value === "bgr");
  return bgr && layer.type === "Take" && output.shape.at(-1) === 3;
}

function drawList(room: LayerRoom): void {
  const { generic, unit: unitWord, value } = say(words);
  const { memory, output, colors } = room;
  const readout = h("p", { class: "readout" });
  const choose = (unit: number): void => {
    memory.setChannel(room, clamp(unit, output.data.length));
    update();
  };
  const bars = new Bars(generic.values, colors, choose);
  const field = new NumberField(unitWord, output.data.length - 1, choose);
  const update = (): void => {
    const unit = memory.channel(room);
    readout.textContent = `${unitWord} ${unit}, ${value}: ${number(output.data[unit] ?? NaN)}`;
    field.set(unit);
    bars.show(output.data, unit).describe(`${generic.values}. ${readout.textContent}`);
  };
  room.root.append(bars.element, row(field.element), readout);
  update();
}
