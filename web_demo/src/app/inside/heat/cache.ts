/** Occlusions that were computed: a photo is covered square by square only once for each engine. */

import { nameOf } from "../../../engine/engine";
import type { App } from "../../shell/app";
import { occlude, type Occlusion } from "./occlusion";

const kept = new WeakMap<Uint8Array, Map<string, Occlusion>>();

/** What is known of a photo already. */
export function known(app: App, tensor: Uint8Array): Occlusion | null {
  return kept.get(tensor)?.get(nameOf(app.engine.choice)) ?? null;
}

/** Computes it, and keeps it; null where it was canceled. */
export async function compute(
  app: App,
  tensor: Uint8Array,
  onProgress: (done: number, all: number) => void,
  signal: AbortSignal,
): Promise<Occlusion | null> {
  const { engine } = app;
  const found = await occlude(
    tensor,
    app.page.preprocessing,
    (tensors, count) => engine.run(tensors, count),
    onProgress,
    signal,
  );
  if (found === null) return null;
  const of = kept.get(tensor) ?? new Map<string, Occlusion>();
  kept.set(tensor, of.set(nameOf(engine.choice), found));
  return found;
}
