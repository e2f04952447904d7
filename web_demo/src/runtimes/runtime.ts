/**
 * What every runtime of this folder offers: the same verbs as in Python's `gemelo/runtimes`.
 *
 * A runtime file exports `NAME`, `version()` and `load(...) -> Session`. Only what `load` is given differs,
 * for a graph model is several files and an ONNX or TFLite model is one.
 */

/** Height, width and channels of one image, in the order of the tensor (NHWC). */
export type Shape = readonly [height: number, width: number, channels: number];

/** What a runtime holds at this moment: tensors that nobody freed show here. */
export interface Memory {
  readonly tensors: number;
  readonly bytes: number;
}

export interface Session {
  readonly backend: string;
  readonly shape: Shape;
  readonly classes: number;
  /** Labels in index order, read from inside the artefact; null where it has none. */
  readonly labels: readonly string[] | null;
  /**
   * Answers `count` images.
   *
   * @param images float32 NHWC, RGB, range 0-255; its length is count * height * width * channels.
   * @returns float32 probabilities, row by row: count * classes values.
   */
  run(images: Float32Array, count: number): Promise<Float32Array>;
  memory(): Memory;
  /** Frees the weights; `run` fails afterwards. Twice does no harm. */
  close(): void;
}

/** What went wrong, in a word that Python's side maps to its own errors. */
export type ErrorKind = "missing" | "corrupt" | "unsafe" | "input" | "runtime";

export class RuntimeError extends Error {
  constructor(
    readonly kind: ErrorKind,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = "RuntimeError";
  }
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
