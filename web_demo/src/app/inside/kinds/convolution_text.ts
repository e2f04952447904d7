/** What is said of a convolution before it is shown at work. */

import { say } from "../../shell/i18n";
import type { Convolution } from "../arithmetic/convolution";
import { count, size } from "../format";
import type { LayerRoom } from "../room";
import { words } from "../words";
import { isDepthwise, readsPhoto } from "./convolving";
import { text } from "./parts";

export function explanation(room: LayerRoom, convolution: Convolution): HTMLElement[] {
  const { convolution: said } = say(words);
  const { windows, depth, filters } = convolution;
  const kernel = size(windows.size);
  const weights = count(windows.size[0] * windows.size[1] * depth);
  const what = isDepthwise(room.layer)
    ? `${said.text(kernel, 1, weights)} ${said.depthwiseText(kernel)}`
    : readsPhoto(room)
      ? said.text(kernel, depth, weights)
      : said.deep(kernel, depth, weights);
  const typed =
    room.app.page.architecture === "lecture" && readsPhoto(room) ? [text(said.typed, "aside")] : [];
  return [text(`${what} ${said.many(count(filters))}`), text(moves(room, convolution)), ...typed];
}

/** How the kernel moves, and how many positions that makes. */
function moves({ layer }: LayerRoom, { windows }: Convolution): string {
  const { convolution: said } = say(words);
  const [stride, kernel] = [windows.strides[0], windows.size[0]];
  const skipped = said.skipped[stride] ?? said.skippedOf(stride - 1, stride);
  const parts = [stride === 1 ? said.strideOne : said.stride(stride, skipped)];
  if (stride >= kernel && stride > 1) parts.push(said.apart);
  if (layer.padding === "same" && kernel > 1) parts.push(said.same);
  parts.push(`${positions(layer.padding, windows)}.`);
  return parts.join(" ");
}

function positions(
  padding: string | null,
  { input, output, size: kernel, strides }: Convolution["windows"],
): string {
  const { convolution: said } = say(words);
  return padding === "same"
    ? said.sizesSame(input[0], strides[0], output[0])
    : said.sizes(input[0], kernel[0], strides[0], output[0]);
}
