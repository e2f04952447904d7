/** The rows of the comparison and their state: it outlives a change of language, and knows nothing of the screen. */

import { artifactOf, backendRank, choices, type Choice, nameOf } from "../../engine/engine";
import type { Photos } from "../../engine/photos";
import { argmax } from "../../decisions";
import type { Verification } from "../../engine/verify";
import type { Page } from "../../page";
import { offlineOr, type Reason, reasonOf } from "../shell/errors";
import { type Files, filesOf, sum, union } from "./cost";
import { type Measured, measure, type Stage } from "./measure";
import { kerasAnswer, type Subject } from "./subject";
import { webGpu } from "./webgpu";

export interface Row {
  readonly choice: Choice;
  readonly name: string;
  readonly files: Files;
  /** On the test photos, when it was exported. */
  readonly accuracy: number | null;
  /** What it is at; null where it is at rest. */
  stage: Stage | null;
  /** How much of that stage is done, 0 to 1. */
  share: number;
  measured: Measured | null;
  /** Why it has no answer. */
  reason: Reason | null;
}

/** What differences are taken from. */
export type Reference =
  | { readonly from: "keras"; readonly probabilities: readonly number[] }
  | { readonly from: "artifact"; readonly row: Row };

/** A row alone, or (null) anything else. */
export type Listener = (row: Row | null) => void;

export class Canceled extends Error {}

/** An artifact that gives no answer for so long is given up. */
export const LIMIT_SECONDS = 120;

/** An artifact that loads no more than that runs by itself. */
const LIGHT_BYTES = 1e6;

/** Backends that may take seconds a photo: shown, and run with all others, only if the visitor says so. */
export const SLOW = ["webgl", "webgpu"] as const;

export class Comparison {
  readonly rows: readonly Row[];
  subject: Subject | null = null;
  /** Keras's answer to the subject, once it was looked up. */
  keras: readonly number[] | null = null;
  /** Why it could not be looked up. */
  lookup: Reason | null = null;
  running: { done: number; total: number } | null = null;
  /** How far the last run came, if it was canceled. */
  stopped: { readonly done: number; readonly total: number } | null = null;
  /** Backends of SLOW that the visitor wants to see too. */
  readonly included = new Set<string>();
  /** Files that rows which ran have loaded. */
  readonly loaded = new Set<string>();
  private readonly listeners = new Set<Listener>();
  private ending: AbortController | null = null;
  private queue: Row[] = [];

  constructor(private readonly page: Page) {
    const all = choices(page).sort(
      (a, b) =>
        page.runtimes.indexOf(a.runtime) - page.runtimes.indexOf(b.runtime) ||
        backendRank(a) - backendRank(b),
    );
    this.rows = all.map((choice) => ({
      ...{ choice, name: nameOf(choice), files: filesOf(page, choice) },
      accuracy: artifactOf(page, choice).accuracy,
      ...{ stage: null, share: 0, measured: null, reason: null },
    }));
  }

  /** The rows that are to be seen, in their first order. */
  get shown(): readonly Row[] {
    const slow = ({ choice: { backend } }: Row): boolean => SLOW.some((one) => one === backend);
    return this.rows.filter((row) => !slow(row) || this.included.has(row.choice.backend));
  }

  /** The rows that are quick, and load next to nothing besides what is here. */
  get light(): readonly Row[] {
    const isLight = ({ choice, files }: Row): boolean =>
      choice.backend === "wasm" && sum(union([files], this.loaded)) <= LIGHT_BYTES;
    return this.rows.filter(isLight);
  }

  /** Shows the rows of a slow backend, or hides them. */
  include(backend: string, wanted: boolean): void {
    if (wanted) this.included.add(backend);
    else this.included.delete(backend);
    this.changed(null);
  }

  onChange(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Another photo: what was measured with the last one is no answer to it. */
  setSubject(subject: Subject): void {
    const { sha256 = null, golden = null } = this.subject ?? {};
    const same =
      (sha256 !== null && sha256 === subject.sha256) || (golden !== null && golden === subject.golden);
    if (same || this.subject?.tensor === subject.tensor) return;
    // What is asked for before there is a photo waits for the first one.
    if (this.subject !== null) {
      this.stopped = null;
      this.cancel();
    }
    Object.assign(this, { subject, keras: null, lookup: null });
    for (const row of this.rows) Object.assign(row, { measured: null, reason: null });
    this.changed(null);
  }

  /**
   * Measures rows one after another, after those that are running, once there is a photo; one that fails says why, and
   * the next follows.
   */
  async run(rows: readonly Row[], photos: Photos, sayTooLong: string): Promise<void> {
    if (rows.length === 0) return;
    for (const row of rows) this.set(row, { stage: "waiting", share: 0, measured: null, reason: null });
    this.queue.push(...rows);
    if (this.running !== null) {
      this.running.total += rows.length;
      return this.changed(null);
    }
    const ending = new AbortController();
    this.ending = ending;
    this.running = { done: 0, total: rows.length };
    this.stopped = null;
    const subject = await this.arrival(ending.signal);
    if (subject !== null) await this.lookUp(subject);
    for (const row of this.queue) {
      if (subject !== null && !ending.signal.aborted)
        await this.runOne(row, photos, subject, ending.signal, sayTooLong);
      this.running.done += 1;
      this.set(row, { stage: null, share: 0 });
    }
    this.running = null;
    this.ending = null;
    this.queue = [];
    this.changed(null);
  }

  cancel(): void {
    if (this.running !== null && this.ending?.signal.aborted === false) this.stopped = { ...this.running };
    this.ending?.abort(new Canceled("canceled"));
  }

  /** The artifact that stands in for Keras. */
  get first(): Row | undefined {
    const isFirst = ({ choice: { backend, variant } }: Row): boolean =>
      backend === "wasm" && variant === "fp32";
    return this.rows.find(isFirst) ?? this.rows[0];
  }

  get reference(): Reference | null {
    if (this.keras !== null) return { from: "keras", probabilities: this.keras };
    const row = this.first;
    return row === undefined ? null : { from: "artifact", row };
  }

  /** Largest difference of a probability from the reference; null where either is not there yet. */
  difference({ measured }: Row): number | null {
    const { reference } = this;
    const theirs = reference?.from === "keras" ? reference.probabilities : answerOf(reference?.row);
    const ours = measured?.answer?.probabilities;
    if (ours === undefined || theirs === undefined) return null;
    // In float32, as Python does it: the stored decimals stand for float32 values.
    return Math.max(...ours.map((p, i) => Math.abs(p - Math.fround(theirs[i] ?? NaN))));
  }

  /** The photo, once there is one; null if that was canceled before. */
  private arrival(signal: AbortSignal): Promise<Subject | null> {
    return new Promise((resolve) => {
      if (this.subject !== null) return resolve(this.subject);
      const end = (subject: Subject | null): void => {
        stop();
        resolve(subject);
      };
      const stop = this.onChange(() => {
        if (this.subject !== null) end(this.subject);
      });
      signal.addEventListener("abort", () => end(null));
    });
  }

  private async runOne(
    row: Row,
    photos: Photos,
    { tensor }: Subject,
    signal: AbortSignal,
    sayTooLong: string,
  ): Promise<void> {
    const own = new AbortController();
    const timer = setTimeout(() => own.abort(new Error(sayTooLong)), LIMIT_SECONDS * 1000);
    const stop = (): void => own.abort(signal.reason);
    signal.addEventListener("abort", stop);
    const onStage = (stage: Stage, share = 0): void => {
      if (!own.signal.aborted) this.set(row, { stage, share });
    };
    try {
      const task = { page: this.page, photos, choice: row.choice, tensor, onStage };
      const measured = await measure(task, own.signal);
      for (const path of row.files.keys()) this.loaded.add(path);
      if (!signal.aborted) this.set(row, { measured, reason: verdictOf(measured.verification) });
    } catch (thrown) {
      // Of an address, the page's own part says nothing.
      const failed = offlineOr(reasonOf(thrown));
      const reason = { ...failed, reason: failed.reason.replaceAll(this.page.base, "") };
      if (!(thrown instanceof Canceled)) this.set(row, { reason });
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    }
  }

  private async lookUp(subject: Subject): Promise<void> {
    if (this.keras !== null) return;
    try {
      const found = await kerasAnswer(this.page, subject);
      if (this.subject === subject) Object.assign(this, { keras: found, lookup: null });
    } catch (thrown) {
      this.lookup = reasonOf(thrown);
    }
    this.changed(null);
  }

  private set(row: Row, change: Partial<Row>): void {
    Object.assign(row, change);
    this.changed(row);
  }

  private changed(row: Row | null): void {
    for (const listener of [...this.listeners]) listener(row);
  }
}

/** Whether this browser can try it at all: without WebGPU nothing need be loaded to know. */
export function isAvailable({ choice }: Row): boolean {
  return choice.backend !== "webgpu" || ["unknown", "there"].includes(webGpu());
}

/** The label that a row answers, by index, and how sure it is. */
export function topOf({ measured }: Row): { readonly index: number; readonly probability: number } | null {
  const probabilities = measured?.answer?.probabilities;
  if (probabilities === undefined) return null;
  const index = argmax(probabilities);
  return { index, probability: probabilities[index] ?? NaN };
}

function answerOf(row: Row | undefined): Float32Array | undefined {
  return row?.measured?.answer?.probabilities;
}

/** Why a self-test was not passed; null where it was. */
const verdictOf = ({ reason, told }: Verification): Reason | null =>
  reason === null ? null : { reason, told };
