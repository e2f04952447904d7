/** The steps of a network: the photo, its numbers, what is told of every layer, and what decided. */

import type { Layer, Layers } from "../../engine/inside";
import type { Page } from "../../page";
import { say } from "../shell/i18n";
import { size } from "./format";
import { kind as activation } from "./layer_kinds/activation";
import { kind as convolution } from "./layer_kinds/convolution";
import { kind as dense } from "./layer_kinds/dense";
import { kind as flatten } from "./layer_kinds/flatten";
import { kind as generic } from "./layer_kinds/generic";
import { draw as drawHeat } from "./layer_kinds/heat";
import { drawMaps, kind as maps } from "./layer_kinds/maps";
import { kind as mean } from "./layer_kinds/mean";
import { draw as drawNumbers } from "./layer_kinds/numbers";
import { kind as output } from "./layer_kinds/output";
import { text } from "./layer_kinds/parts";
import { draw as drawPhoto } from "./layer_kinds/photo";
import { kind as pooling } from "./layer_kinds/pooling";
import { type Kind, roomOf, type Step } from "./room";
import { words } from "./words";

/** What is told of each type of layer; of any other, what `generic` can tell. */
const KINDS: Readonly<Record<string, readonly Kind[]>> = {
  Conv2D: [convolution, maps],
  DepthwiseConv2D: [convolution, maps],
  Activation: [activation],
  MaxPooling2D: [pooling],
  AveragePooling2D: [pooling],
  GlobalAveragePooling2D: [mean],
  Flatten: [flatten],
  Dense: [dense],
};

type Shape = readonly number[];

/** @param network null where the bundle has no layers. */
export function stepsOf(page: Page, network: Layers | null): Step[] {
  const { width, height, channels } = page.preprocessing;
  const image = [height, width, channels];
  const rows = network?.layers ?? [];
  const middle =
    network === null
      ? []
      : network.chain
        ? rows.flatMap((layer, i) =>
            layerSteps(rows, layer, i, i === 0 ? image : (rows[i - 1] as Layer).shape),
          )
        : featureSteps(network);
  const scaling = network?.chain === true && isScaling(rows[0]) ? (rows[0] as Layer) : null;
  return [photoStep(image), numbersStep(image, scaling), ...middle, heatStep()];
}

const isScaling = (layer: Layer | undefined): boolean => layer?.type === "Rescaling" && layer.scale !== null;

function photoStep(image: Shape): Step {
  const { title } = say(words).photo;
  return {
    title,
    shape: size(image),
    layer: null,
    from: null,
    made: "photo",
    answers: false,
    draw: drawPhoto,
  };
}

function numbersStep(image: Shape, scaling: Layer | null): Step {
  const { title } = say(words).numbers;
  const from = scaling === null ? null : image;
  return {
    ...({ title, shape: size(image), layer: scaling, from, made: "photo", answers: false } as const),
    draw: (room) => drawNumbers(room, scaling),
  };
}

function heatStep(): Step {
  const { title } = say(words).heat;
  return { title, shape: "", layer: null, from: null, made: null, answers: true, draw: drawHeat };
}

function layerSteps(rows: readonly Layer[], layer: Layer, index: number, input: Shape): Step[] {
  if (index === 0 && isScaling(layer)) return [];
  const last = index === rows.length - 1;
  const kinds = last ? [output] : (KINDS[layer.type] ?? [generic]);
  const fitting = kinds.every(({ fits }) => fits?.(layer, input) ?? true) ? kinds : [generic];
  const nth = nthOf(rows, index);
  return fitting.map((kind) => ({
    title: kind.title(layer, nth),
    shape: size(layer.shape),
    layer,
    from: input,
    made: index,
    answers: last,
    draw: (room) => kind.draw(roomOf(room, index)),
  }));
}

/** Which of its type a layer is, from 1; null where it is the only one. */
function nthOf(rows: readonly Layer[], index: number): number | null {
  const alike = rows.map(({ type }, i) => (type === rows[index]?.type ? i : -1)).filter((i) => i >= 0);
  return alike.length === 1 ? null : alike.indexOf(index) + 1;
}

/** Of a network that is no plain chain: the maps that the decision was made of. */
function featureSteps({ layers, cam }: Layers): Step[] {
  const index = layers.findIndex(({ name }) => name === cam?.features);
  const layer = layers[index];
  if (layer === undefined) return [];
  const { maps } = say(words);
  const title = maps.title(size([layer.shape.at(-1) ?? 0]));
  return [
    {
      ...{ title, shape: size(layer.shape), layer: null, from: null, made: index, answers: false },
      draw: (room) => {
        room.root.append(text(maps.features));
        drawMaps(roomOf(room, index), maps.grid);
      },
    },
  ];
}
