/** Global average pooling: of each map one number. */

import { h } from "../../shell/dom";
import { say } from "../../shell/i18n";
import { channelsOf } from "../arithmetic/statistics";
import { Bars } from "../draw/bars";
import { NumberField } from "../draw/fields";
import { calculation, count, line, number, size } from "../format";
import { clamp } from "../memory";
import type { Kind, LayerRoom } from "../room";
import { words } from "../words";
import { checked, figures, keyHint, legend, MapPicture, row, text } from "./parts";

export const kind: Kind = {
  title: () => say(words).mean.title,
  fits: (_, input) => input.length === 3,
  draw(room) {
    const { mean, map: mapWord, value } = say(words);
    const { memory, input, output, colors } = room;
    const [written, scale] = [h("div", {}), h("div", {})];
    const choose = (channel: number): void => {
      memory.setChannel(room, clamp(channel, channelsOf(input)));
      show();
    };
    const field = new NumberField(mapWord, channelsOf(input) - 1, choose);
    const picture = new MapPicture(room, input, "", null);
    const bars = new Bars(mean.means, colors, choose);
    const show = (): void => {
      const channel = memory.channel(room);
      const computed = output.data[channel] ?? NaN;
      field.set(channel);
      picture.show(channel, `${mapWord} ${channel}`).picture.describe(`${mapWord} ${channel}`);
      scale.replaceChildren(legend(picture.limit));
      bars
        .show(output.data, channel)
        .describe(`${mean.means}. ${mapWord} ${channel}, ${value}: ${number(computed)}`);
      written.replaceChildren(writtenOut(room, channel, computed));
    };
    room.root.append(
      text(mean.text(size(input.shape.slice(0, 2)))),
      row(field.element),
      figures(h("div", {}, picture.element, scale), written),
      bars.element,
      keyHint(),
    );
    show();
  },
};

function writtenOut({ input }: LayerRoom, channel: number, computed: number): HTMLElement {
  const channels = channelsOf(input);
  const values = input.data.filter((_, i) => i % channels === channel);
  const sum = values.reduce((all, one) => all + one, 0);
  const mean = sum / values.length;
  return calculation(
    line(`${number(sum)} / ${count(values.length)}`, `= ${number(mean)}`),
    checked(mean, computed),
  );
}
