/**
 * The page's classifier for other pages: an ES module without dependencies.
 *
 *     import { load } from "./gemelo.js";
 *     const classifier = await load();                  // fetches, verifies itself on this machine
 *     const { label, probability } = await classifier.classify(file);
 *
 * A photo becomes the same bytes here as in Python; a model that does not answer as Keras did is refused.
 */

import { type Choice, choices } from "./engine/engine";
import { Photos, type Prepared } from "./engine/photos";
import { type Started, startVerified } from "./engine/start";
import { argmax, type Verification } from "./engine/verify";
import { isSure, loadPage, type Page } from "./page";

export { PhotoError } from "./contract";
export type { Choice } from "./engine/engine";
export { NoEngineError } from "./engine/start";
export type { Verification } from "./engine/verify";
export { RuntimeError } from "./runtimes/runtime";

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
  /** Folder that `gemelo page` made; by default that of this module. */
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
 * Fetches a classifier and verifies it on this machine.
 *
 * @throws NoEngineError where nothing passes the self-test; RuntimeError where files are missing or changed.
 */
export async function load({ base = import.meta.url, ...wanted }: LoadOptions = {}): Promise<Classifier> {
  const page = await loadPage(new URL(base, globalThis.location?.href));
  const photos = Photos.start(page.base, page.contract, page.max_pixels);
  try {
    return new Classifier(page, photos, await startVerified(page, photos, choose(page, wanted)));
  } catch (thrown) {
    photos.close();
    throw thrown;
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

/** The first choice of the page that has all that was asked for. */
function choose(page: Page, wanted: Partial<Choice>): Choice | undefined {
  const asked = Object.entries(wanted).filter(([, value]) => value !== undefined);
  if (asked.length === 0) return undefined;
  const fits = (choice: Choice): boolean =>
    asked.every(([key, value]) => choice[key as keyof Choice] === value);
  const found = choices(page).find(fits);
  if (found === undefined) {
    throw new TypeError(`this page has no ${asked.map(([key, value]) => `${key} ${value}`).join(", ")}`);
  }
  return found;
}
