/** The photo, and what the contract makes of it. */

import { h } from "../../shell/dom";
import { say } from "../../shell/i18n";
import { drawTensor, picture } from "../../shell/pictures";
import { Picture } from "../draw/picture";
import { count, size } from "../format";
import type { Room } from "../room";
import { words } from "../words";
import { figures, text } from "./parts";

export function draw({ root, app, shown }: Room): void {
  const { photo } = say(words);
  const { contract } = app.page;
  const { width, height, preview, tensor } = shown.prepared;
  const seen = size([contract.width, contract.height]);
  const image = document.createElement("canvas");
  drawTensor(image, tensor, contract);
  const small = new Picture(photo.input(seen)).show(image).describe(photo.input(seen));
  const large =
    preview === null
      ? []
      : [h("figure", {}, picture(preview, shown.name), h("figcaption", { text: photo.yours }))];
  root.append(
    text(`${photo.text(size([width, height]), seen)} ${photo.modes[contract.mode]}`),
    figures(...large, small.element),
    text(photo.after),
    text(photo.numbers(count(width * height * contract.channels), count(tensor.length)), "muted"),
  );
}
