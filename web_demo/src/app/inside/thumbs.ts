/** What each step makes, very small, for the list of steps: the way of the photo through the network at a glance. */

import type { Shown } from "../shell/app";
import type { Preprocessing } from "../../preprocessing";
import { drawTensor } from "../shell/pictures";
import { channelRange, rangeOf } from "./arithmetic/statistics";
import type { Scheme } from "./draw/colors";
import { listImage, mapImage } from "./draw/maps";
import type { Memory } from "./memory";
import type { Made } from "./room";
import type { Trace } from "./trace";

export interface Sight {
  readonly shown: Shown;
  readonly preprocessing: Preprocessing;
  readonly trace: Trace | null;
  readonly colors: Scheme;
  readonly memory: Memory;
}

/** Null where there is nothing to see. */
export function thumbnail(made: Made, sight: Sight): HTMLCanvasElement | null {
  if (made === null) return null;
  if (made === "photo") {
    const canvas = document.createElement("canvas");
    drawTensor(canvas, sight.shown.prepared.tensor, sight.preprocessing);
    return canvas;
  }
  return sight.trace === null ? null : outputOf(made, sight.trace, sight);
}

function outputOf(index: number, trace: Trace, { colors, memory }: Sight): HTMLCanvasElement | null {
  const output = trace.output(index);
  if (output.shape.length === 3) {
    const channel = memory.channel({ trace, index, output });
    // One cell is seen against those of all maps.
    const single = output.shape[0] === 1 && output.shape[1] === 1;
    const { limit } = single ? rangeOf(output.data) : channelRange(output, channel);
    return mapImage(output, channel, colors, limit);
  }
  if (output.shape.length !== 1) return null;
  const columns = Math.ceil(Math.sqrt(output.data.length));
  return listImage(output.data, columns, rangeOf(output.data).limit, colors);
}
