/**
 * What every runtime offers. `browser/` is the registry: each file in it is a runtime of the page, and exports
 *
 *     description       what the build and the page must know before it is loaded, as a Description
 *     runtime           what answers, as a BrowserRuntime
 *
 * The build reads the descriptions, so such a file must do nothing when it is imported.
 */

import { ENGINE } from "../messages/engine";
import { text, type Told } from "../messages/text";

/** Height, width and channels of one image, in the order of the tensor (NHWC). */
export type Shape = readonly [height: number, width: number, channels: number];

/** What a runtime holds at this moment: tensors that nobody freed show here. */
export interface Memory {
  readonly tensors: number;
  /** Of these; of LiteRT's whole WebAssembly memory, which does not tell them apart. */
  readonly bytes: number;
}

export interface Session {
  readonly backend: string;
  readonly shape: Shape;
  readonly classes: number;
  /** Labels in index order, read from inside the artifact; null where it has none. */
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

/** Where the files lie that a runtime loads, by name: in a page absolute URLs, under Node paths. */
export type Assets = Readonly<Record<string, string>>;

declare global {
  /** Imports a module, in workers alone: who starts one defines it (engine/rpc.ts). */
  function importModule(url: string): Promise<unknown>;
}

export interface LoadOptions {
  readonly backend?: string;
  readonly assets?: Assets;
  /** Heeded where the page is cross-origin isolated and the runtime has threads; 1 by default. */
  readonly threads?: number;
}

/** An artifact's files, by path. */
export type ModelFiles = ReadonlyMap<string, ArrayBuffer>;

export interface Description {
  /** For people: "ONNX Runtime". */
  readonly title: string;
  /** Of the artifacts that it runs. */
  readonly format: string;
  /** Of two runtimes, a page takes the one with the lower number. */
  readonly order: number;
  /** What it can compute with, the default first, and the files that each loads besides the runtime's own module. */
  readonly backends: Readonly<Record<string, readonly string[]>>;
  /** Modules that are built apart, by the name that they get: `{"ort-wasm": "onnxruntime-web/wasm"}`. */
  readonly modules: Readonly<Record<string, string>>;
  /** Files that are copied as npm has them. */
  readonly binaries: readonly string[];
}

export interface BrowserRuntime {
  /** Known as soon as a model is loaded. */
  version(): string;
  /** @param entry the path of the file among `files` that an artifact is loaded by. */
  load(entry: string, files: ModelFiles, options?: LoadOptions): Promise<Session>;
}

/** What went wrong, in a word that Python's side maps to its own errors. */
export type ErrorKind = "missing" | "corrupt" | "tampered" | "unsafe" | "input" | "runtime";

export class RuntimeError extends Error {
  /** The message in the catalogue; null where it is for developers. */
  readonly told: Told<keyof typeof ENGINE> | null;

  constructor(
    readonly kind: ErrorKind,
    message: string | Told<keyof typeof ENGINE>,
    options?: ErrorOptions,
  ) {
    super(typeof message === "string" ? message : text(message, ENGINE, "en"), options);
    this.told = typeof message === "string" ? null : message;
    this.name = "RuntimeError";
  }
}

/** The message in the catalogue of anything that was thrown; null where it has none. */
export function toldOf(thrown: unknown): Told | null {
  return (thrown as Partial<RuntimeError> | null | undefined)?.told ?? null;
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
