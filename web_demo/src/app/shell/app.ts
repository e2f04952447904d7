/** What the shell offers to every view. */

import type { Choice, Engine } from "../../engine/engine";
import type { Photos, Prepared } from "../../engine/photos";
import type { Failure } from "../../engine/start";
import type { Verification } from "../../engine/verify";
import type { Page } from "../../page";
import type { Gallery } from "./gallery";

/** A photo that was prepared, and its answer as soon as there is one. */
export interface Shown {
  readonly id: number;
  readonly name: string;
  /** Null for a frame of the camera. */
  readonly file: Blob | null;
  readonly prepared: Prepared;
  readonly answer: { readonly probabilities: Float32Array; readonly ms: number } | null;
}

/** How far the self-test is. Answers are given in "ready" only. */
export type Status =
  | {
      readonly stage: "loading" | "checking";
      readonly choice: Choice | null;
      readonly done: number;
      readonly total: number;
    }
  | { readonly stage: "ready" }
  | { readonly stage: "failed"; readonly error: unknown };

export interface App {
  readonly page: Page;
  readonly photos: Photos;
  /** Only there once it has passed; asking earlier, or after all failed, throws. */
  readonly engine: Engine;
  readonly verification: Verification;
  readonly failures: readonly Failure[];
  /** The photo that all views speak of. */
  current(): Shown | null;
  onCurrent(listener: () => void): () => void;
  /** Prepares and classifies photos, one after another; resolves when all have an answer or an error. */
  add(files: Iterable<Blob | File>): Promise<void>;
  /** Opens and verifies another backend; falls back to the next that passes. */
  select(choice: Choice): Promise<void>;
  onEngine(listener: () => void): () => void;
  readonly status: Status;
  onStatus(listener: () => void): () => void;
  /** All photos, the current one among them. */
  readonly gallery: Gallery;
  /** Says something to screen readers, when they are free. */
  announce(text: string): void;
}
