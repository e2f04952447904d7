/** What an artifact's operations make of one photo, each by the runtime that runs the artifact. */

import type { Page } from "../page";
import type { LayerValues, Step } from "../runtimes/inside";
import { artifactOf, type Choice, load } from "./engine";
import { Remote } from "./rpc";
import { workerUrl } from "./urls";

/** The output of an operation. */
export type InnerTensor = Step & LayerValues;

/** Opens an artifact, runs it once and frees it; a RuntimeError says why not. The signal gives it up. */
export async function innerTensors(
  page: Page,
  choice: Choice,
  image: Uint8Array,
  signal: AbortSignal,
): Promise<InnerTensor[]> {
  const remote = new Remote(workerUrl(page.base));
  signal.addEventListener("abort", () => remote.close());
  try {
    await load(page, remote, "openTensors", choice, artifactOf(page, choice), 1);
    const steps = await remote.call<readonly Step[]>("steps", null);
    const values = await remote.call<Map<string, LayerValues>>("runLayers", image);
    return steps.flatMap((step) => {
      const value = values.get(step.name);
      return value === undefined ? [] : [{ ...step, ...value }];
    });
  } finally {
    remote.close();
  }
}
