/** The network's layers at work: every output of every layer for one photo, by the same weights. */

import { fetchFile, type Page } from "../page";
import { told } from "../messages/text";
import { RuntimeError } from "../runtimes/runtime";
import type { Layers } from "../schemas";
import { load } from "./engine";
import { Remote } from "./rpc";
import { workerUrl } from "./urls";

export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export type { Layer, Layers } from "../schemas";

export interface LayerOutput extends Tensor {
  readonly name: string;
}

/** Reads layers.json of a page; null where the bundle has none. */
export async function loadLayersInfo(page: Page): Promise<Layers | null> {
  if (page.layers === null) return null;
  return JSON.parse(new TextDecoder().decode(await fetchFile(page, page.layers.path))) as Layers;
}

export class Inside {
  private constructor(
    private readonly remote: Remote,
    readonly layers: Layers,
  ) {}

  /** Loads the layers by TF.js on wasm, or on cpu where that cannot start; a RuntimeError says why not. */
  static async open(page: Page, backend = "wasm"): Promise<Inside> {
    const layers = await loadLayersInfo(page);
    if (layers === null || layers.tfjs === null || page.layers === null) {
      throw new RuntimeError("missing", page.layers_reason ?? told("layers.left-out"));
    }
    const entry = `bundle/${layers.tfjs}`;
    const folder = entry.slice(0, entry.lastIndexOf("/") + 1);
    const files = Object.entries(page.layers.files).filter(([path]) => path.startsWith(folder));
    const remote = new Remote(workerUrl(page.base));
    try {
      const artifact = { path: entry, files: Object.fromEntries(files) };
      await load(page, remote, "openLayers", { runtime: "tfjs", backend }, artifact, 1);
      return new Inside(remote, layers);
    } catch (thrown) {
      remote.close();
      throw thrown;
    }
  }

  /** Every layer's output for one tensor of the preprocessing, in the order of the network. */
  async run(tensor: Uint8Array): Promise<LayerOutput[]> {
    const outputs = await this.remote.call<Map<string, Tensor>>("runLayers", tensor);
    return this.layers.layers.flatMap(({ name }) => {
      const output = outputs.get(name);
      return output === undefined ? [] : [{ name, ...output }];
    });
  }

  /** A layer's kernel or bias. */
  weight(name: string): Promise<Tensor> {
    return this.remote.call("weight", name);
  }

  close(): void {
    this.remote.close();
  }
}
