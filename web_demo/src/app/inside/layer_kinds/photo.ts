/** The photo, and what the preprocessing makes of it. */

import { shapeOf } from "../../../fits";
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
  const { preprocessing } = app.page;
  const { width, height, preview, tensor } = shown.prepared;
  const seen = size([preprocessing.width, preprocessing.height]);
  const image = document.createElement("canvas");
  drawTensor(image, tensor, preprocessing);
  const small = new Picture(photo.input(seen)).show(image).describe(photo.input(seen));
  const large =
    preview === null
      ? []
      : [h("figure", {}, picture(preview, shown.name), h("figcaption", { text: photo.yours }))];
  root.append(
    text(
      `${photo.text(size([width, height]), seen, !!app.page.imported)} ${photo.fits[shapeOf(preprocessing.fit)]}`,
    ),
    figures(...large, small.element),
    text(photo.after),
    text(photo.numbers(count(width * height * preprocessing.channels), count(tensor.length)), "muted"),
  );
}
