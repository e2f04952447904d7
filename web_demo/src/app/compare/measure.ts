/** One artifact measured: loaded from nothing, held to the goldens, asked again and again. */

import { type Choice, Engine, type Progress } from "../../engine/engine";
import type { Photos } from "../../engine/photos";
import { goldensOf } from "../../engine/start";
import { type Verification, verify } from "../../engine/verify";
import type { Page } from "../../page";
import { receivedBytes } from "../shell/offline";
import { filesOf } from "./cost";

export type Stage = "waiting" | "loading" | "cold" | "checking" | "warm";

export interface Measured {
  readonly version: string;
  readonly threads: number;
  readonly verification: Verification;
  /** Milliseconds from nothing to the first answer: fetching, loading, computing. */
  readonly cold: number;
  /** Bytes that came over the network for it. */
  readonly bytes: number;
  /** Null where the self-test failed: no answer is given then. */
  readonly answer: {
    readonly probabilities: Float32Array;
    readonly warm: number;
    readonly runs: number;
  } | null;
}

export interface Task {
  readonly page: Page;
  readonly photos: Photos;
  readonly choice: Choice;
  readonly tensor: Uint8Array;
  readonly onStage: (stage: Stage, share?: number) => void;
}

const RUNS = 30;
// A slow backend is not asked thirty times: after so many milliseconds its median is known well enough.
const PATIENCE = 4000;
const FEWEST = 5;

/** Measures an artifact and frees it; the signal ends it at once, whatever it is at. */
export function measure(task: Task, signal: AbortSignal): Promise<Measured> {
  return unlessAborted(take(task, signal), signal);
}

async function take(task: Task, signal: AbortSignal): Promise<Measured> {
  const { page, photos, choice, tensor, onStage } = task;
  // Made before the clock starts: every artifact needs them, none pays for them.
  const goldens = await goldensOf(page, photos);
  onStage("loading");
  const urls = [...filesOf(page, choice).keys()].map((path) => new URL(path, page.base).href);
  const before = await receivedBytes(urls);
  const start = performance.now();
  const engine = await open(page, choice, signal, (done, total) =>
    onStage("loading", total === 0 ? 0 : done / total),
  );
  const stop = (): void => engine.close();
  signal.addEventListener("abort", stop);
  try {
    onStage("cold");
    const { probabilities } = await engine.run(tensor, 1);
    const cold = performance.now() - start;
    onStage("checking");
    const verification = await verify(page, goldens, engine);
    const bytes = engine.bytes + Math.max(0, (await receivedBytes(urls)) - before);
    const { version, threads } = engine;
    const measured = { version, threads, verification, cold, bytes };
    if (!verification.passed) return { ...measured, answer: null };
    const times = await timed(engine, tensor, onStage);
    return { ...measured, answer: { probabilities, warm: median(times), runs: times.length } };
  } catch (thrown) {
    throw signal.aborted ? signal.reason : thrown;
  } finally {
    signal.removeEventListener("abort", stop);
    engine.close();
  }
}

/** Opens an engine; one that comes after the end is closed, not kept. */
async function open(page: Page, choice: Choice, signal: AbortSignal, onProgress: Progress): Promise<Engine> {
  signal.throwIfAborted();
  const opening = Engine.open(page, choice, onProgress, signal);
  try {
    return await unlessAborted(opening, signal);
  } catch (thrown) {
    opening.then((late) => late.close()).catch(() => undefined);
    throw thrown;
  }
}

/** What is waited for, or the signal's reason as soon as it is given: nothing that never comes holds it up. */
export async function unlessAborted<T>(awaited: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => undefined;
  const ended = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
  });
  try {
    return await Promise.race([awaited, ended]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

async function timed(engine: Engine, tensor: Uint8Array, onStage: Task["onStage"]): Promise<number[]> {
  const times: number[] = [];
  const end = performance.now() + PATIENCE;
  while (times.length < RUNS && (times.length < FEWEST || performance.now() < end)) {
    onStage("warm", times.length / RUNS);
    times.push((await engine.run(tensor, 1)).ms);
  }
  return times;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}
