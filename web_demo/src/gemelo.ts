/**
 * The page's classifier for other pages: an ES module without dependencies.
 *
 *     import { load } from "./gemelo.js";
 *     const classifier = await load();                  // fetches, verifies itself on this machine
 *     const { label, probability } = await classifier.classify(file);
 *
 * A photo becomes the same bytes here as in Python; a model that does not answer as Keras did is refused.
 */

import { argmax, isSure } from "./decisions";
import type { Choice } from "./engine/engine";
import { Photos, type Prepared } from "./engine/photos";
import { fittingOnly, type Started, startVerified } from "./engine/start";
import type { Verification } from "./engine/verify";
import { loadPage, type Page } from "./page";
import { RuntimeError } from "./runtimes/runtime";

export { PhotoError } from "./preprocessing";
export { spokenPhotoError } from "./messages/photo";
export type { Choice } from "./engine/engine";
export { NoEngineError } from "./engine/start";
export type { Verification } from "./engine/verify";
export { RuntimeError };

/** A file, its bytes, or a picture that the browser has drawn: an img, a canvas, a video, an ImageBitmap. */
export type Photo = Blob | ArrayBuffer | ArrayBufferView<ArrayBuffer> | ImageBitmapSource;

export interface Prediction {
  readonly label: string;
  readonly probability: number;
  readonly index: number;
}

export interface Answer extends Prediction {
  /** False where the probability is below the classifier's threshold: the answer is then "not sure". */
  readonly sure: boolean;
  /** Every label, the most probable first. */
  readonly predictions: readonly Prediction[];
  readonly ms: { readonly decode: number; readonly resize: number; readonly model: number };
}

export interface LoadOptions extends Partial<Choice> {
  /** Address of the folder with page.json, goldens.bin and bundle/; by default this module's own, which a bundler moves. */
  readonly base?: string | URL;
}

export class Classifier {
  /** @internal */
  constructor(
    readonly page: Page,
    private readonly photos: Photos,
    private readonly started: Started,
  ) {}

  get labels(): readonly string[] {
    return this.page.labels;
  }

  /** Which runtime, backend and variant answer. */
  get choice(): Choice {
    return this.started.engine.choice;
  }

  /** How the self-test went on this machine. */
  get verification(): Verification {
    return this.started.verification;
  }

  /**
   * Classifies a photo: a file or its bytes (jpg, png, webp, bmp, gif), or a picture that is drawn already.
   *
   * @throws PhotoError where it cannot be read; TypeError where it is nothing of the kind.
   */
  async classify(photo: Photo): Promise<Answer> {
    const prepared = await this.prepare(photo);
    const { probabilities, ms } = await this.started.engine.run(prepared.tensor, 1);
    const first = argmax(probabilities);
    const predictions = Array.from(probabilities, (probability, index) =>
      this.prediction(probability, index),
    );
    predictions.sort((a, b) => b.probability - a.probability || a.index - b.index);
    return {
      ...this.prediction(probabilities[first] ?? NaN, first),
      sure: isSure(this.page, probabilities[first] ?? NaN),
      predictions,
      ms: { ...prepared.ms, model: ms },
    };
  }

  /** Stops its workers and frees the model. */
  close(): void {
    this.started.engine.close();
    this.photos.close();
  }

  private prediction(probability: number, index: number): Prediction {
    return { label: this.page.labels[index] ?? String(index), probability, index };
  }

  private async prepare(photo: Photo): Promise<Prepared> {
    const file = photo instanceof ArrayBuffer || ArrayBuffer.isView(photo) ? new Blob([photo]) : photo;
    if (file instanceof Blob) return this.photos.prepare(file, { preview: false });
    return this.photos.frame(await bitmapOf(file));
  }
}

/**
 * Fetches a classifier and verifies it on this machine. Where a runtime, backend or variant is asked for, the classifier
 * answers by that or not at all.
 *
 * @throws NoEngineError where nothing of what is asked for passes the self-test; RuntimeError where files are missing or
 *   changed.
 */
export async function load({ base, ...wanted }: LoadOptions = {}): Promise<Classifier> {
  const page = await find(base);
  const candidates = fittingOnly(page, wanted);
  const photos = Photos.start(page.base, page.preprocessing, page.max_pixels);
  try {
    return new Classifier(page, photos, await startVerified(page, photos, candidates));
  } catch (thrown) {
    photos.close();
    throw thrown;
  }
}

async function find(base: string | URL | undefined): Promise<Page> {
  const url = new URL(base ?? import.meta.url, globalThis.location?.href);
  if (base !== undefined && !url.pathname.endsWith("/")) url.pathname += "/";
  try {
    return await loadPage(url);
  } catch (thrown) {
    if (!(thrown instanceof RuntimeError && thrown.kind === "missing")) throw thrown;
    const cure = "load({ base }) takes the address of the folder that has it";
    throw new RuntimeError("missing", `${thrown.message}: ${cure}`, { cause: thrown });
  }
}

async function bitmapOf(drawn: ImageBitmapSource): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(drawn, { colorSpaceConversion: "none" });
  } catch (thrown) {
    if (!(thrown instanceof TypeError)) throw thrown;
    const kinds = "a File, a Blob, an ArrayBuffer, or an img, canvas, video or ImageBitmap";
    throw new TypeError(`classify() takes ${kinds}, not ${Object.prototype.toString.call(drawn)}`);
  }
}
