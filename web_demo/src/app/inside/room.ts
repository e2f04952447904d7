/** What a step is, and what it is given to draw itself. */

import type { Layer, Tensor } from "../../engine/inside";
import type { App, Shown } from "../shell/app";
import type { Scheme } from "./draw/colors";
import type { Memory } from "./memory";
import type { Trace } from "./trace";

export interface Room {
  readonly root: HTMLElement;
  readonly app: App;
  readonly shown: Shown;
  /** Null where the bundle has no layers that could be run. */
  readonly trace: Trace | null;
  readonly colors: Scheme;
  readonly memory: Memory;
  /** False once another step has taken the place: what comes late then is not drawn. */
  alive(): boolean;
  onEnd(end: () => void): void;
}

/** Whose picture stands for a step: the photo's, that of a layer's output, or none. */
export type Made = "photo" | number | null;

/** One of the steps of the view. */
export interface Step {
  readonly title: string;
  /** The shape of what it makes; "" where there is none to speak of. */
  readonly shape: string;
  /** The layer that it explains. */
  readonly layer: Layer | null;
  readonly from: readonly number[] | null;
  readonly made: Made;
  /** Whether it is drawn anew when the page's answer comes. */
  readonly answers: boolean;
  draw(room: Room): void | Promise<void>;
}

/** A room for a step that explains a layer. */
export interface LayerRoom extends Room {
  readonly trace: Trace;
  readonly index: number;
  readonly layer: Layer;
  readonly input: Tensor;
  readonly output: Tensor;
}

/** How a type of layer is shown: its table is in steps.ts, its drawing in a file of its own. */
export interface Kind {
  /** @param nth which of its type it is, counted from 1; null where there is but one. */
  title(layer: Layer, nth: number | null): string;
  /** Whether it can show this one; otherwise the generic kind does. */
  fits?(layer: Layer, input: readonly number[]): boolean;
  draw(room: LayerRoom): void | Promise<void>;
}

export function roomOf(room: Room, index: number): LayerRoom {
  const { trace } = room;
  if (trace === null) throw new Error("a layer is shown without a trace");
  return {
    ...room,
    trace,
    index,
    layer: trace.row(index),
    input: trace.input(index),
    output: trace.output(index),
  };
}
