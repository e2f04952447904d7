/** The types of gemelo.js, held to its sources by test/types.ts. */

/** A file, its bytes, or a picture that the browser has drawn: an img, a canvas, a video, an ImageBitmap. */
export type Photo = Blob | ArrayBuffer | ArrayBufferView | ImageBitmapSource;

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

export interface Choice {
  /** One of those that the page was made with, e.g. "tfjs". */
  readonly runtime: string;
  /** "wasm" and "cpu" are tried without being named; "webgl" and "webgpu" are not. */
  readonly backend: string;
  /** "fp32", "fp16", "int8": what the bundle has. */
  readonly variant: string;
}

/** What is given of a choice is what answers, or `load` fails. */
export interface LoadOptions extends Partial<Choice> {
  /** Address of the folder with page.json, goldens.bin and bundle/; by default this module's own, which a bundler moves. */
  readonly base?: string | URL;
}

/** How the self-test went on this machine. */
export interface Verification {
  readonly passed: boolean;
  readonly images: number;
  /** Largest difference of a probability from Keras's reference output. */
  readonly maxDifference: number;
  readonly reason: string | null;
  readonly ms: number;
}

/** What the folder says of its classifier. */
export interface Page {
  readonly base: string;
  readonly name: string;
  readonly labels: readonly string[];
  readonly accuracy: number | null;
  readonly threshold: number | null;
}

export declare class Classifier {
  private constructor();
  readonly page: Page;
  readonly labels: readonly string[];
  /** Which runtime, backend and variant answer. */
  readonly choice: Choice;
  readonly verification: Verification;
  /**
   * Classifies a photo: a file or its bytes (jpg, png, webp, bmp, gif), or a picture that is drawn already.
   *
   * @throws PhotoError where it cannot be read; TypeError where it is nothing of the kind.
   */
  classify(photo: Photo): Promise<Answer>;
  /** Stops its workers and frees the model. */
  close(): void;
}

/**
 * Fetches a classifier and verifies it on this machine. Where a runtime, backend or variant is asked for, the classifier
 * answers by that or not at all.
 *
 * @throws NoEngineError where nothing of what is asked for passes the self-test; RuntimeError where files are missing or
 *   changed.
 */
export declare function load(options?: LoadOptions): Promise<Classifier>;

/** A photo that cannot be read. */
export declare class PhotoError extends Error {
  private constructor();
  readonly kind: string;
  /** The message by its code in the catalogue of gemelo, and what fills its places. */
  readonly told: { readonly code: string; readonly parameters: Readonly<Record<string, unknown>> };
}

/** A photo's error by a table of sentences (`{code: sentence}`), with numbers as the language writes them. */
export declare function spokenPhotoError(
  error: PhotoError,
  sentences: Readonly<Record<string, string>>,
  language: "en" | "es",
): string;

/** No choice passed, or the page has none of the kind that was asked for. */
export declare class NoEngineError extends Error {
  private constructor();
  readonly failures: readonly { readonly choice: Choice; readonly reason: string }[];
}

/** Files that are missing, damaged or changed, or a runtime that stopped. */
export declare class RuntimeError extends Error {
  private constructor();
  readonly kind: "missing" | "corrupt" | "tampered" | "unsafe" | "input" | "runtime";
}
