/** What is said of a convolution before it is shown at work. */

import { say } from "../../shell/i18n";
import type { Convolution } from "../arithmetic/convolution";
import type { Pair, Windows } from "../arithmetic/windows";
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
  const { size: kernel, strides } = windows;
  const parts = [stridesOf(strides)];
  if (strides.some((stride, axis) => stride > 1 && stride >= kernel[axis]!)) parts.push(said.apart);
  if (layer.padding === "same" && Math.max(...kernel) > 1) parts.push(said.same);
  parts.push(`${positions(layer.padding, windows)}.`);
  return parts.join(" ");
}

function stridesOf([down, across]: Pair): string {
  const { convolution: said } = say(words);
  if (down !== across) return said.strides(down, across);
  if (down === 1) return said.strideOne;
  return said.stride(down, said.skipped[down] ?? said.skippedOf(down - 1, down));
}

/** "(64 − 3) / 3 + 1 = 21 positions in each direction, rounded down". */
function positions(padding: string | null, { input, output, size: kernel, strides }: Windows): string {
  const { convolution: said } = say(words);
  const formula = (axis: 0 | 1): string => {
    const [from, stride] = [input[axis], strides[axis]];
    const left = padding === "same" ? `${from} / ${stride}` : `(${from} − ${kernel[axis]}) / ${stride} + 1`;
    return `${left} = ${output[axis]}`.replaceAll(" ", "\u00a0");
  };
  const even = formula(0) === formula(1);
  const found = even
    ? said.sizes(formula(0), "each")
    : `${said.sizes(formula(0), "down")}, ${said.sizes(formula(1), "across")}`;
  return `${found}, ${padding === "same" ? said.roundedUp : said.roundedDown}`;
}
