/** A model at work beside the page: one artifact, run by one runtime on one backend, in a worker of its own. */

import { type Artifact, fetchFile, type Page } from "../page";
import { infoOf, RUNTIMES } from "../runtimes/registry";
import { type Memory, RuntimeError } from "../runtimes/runtime";
import { Remote } from "./rpc";
import { runtimeUrls, workerUrl } from "./urls";
import type { Opened, OpenRequest } from "./worker";

export interface Choice {
  readonly runtime: string;
  readonly backend: string;
  readonly variant: string;
}

export type Progress = (done: number, total: number) => void;

// wasm first: it computes in float32 whatever the machine. WebGL and WebGPU are for who asks for them.
const BACKENDS = ["wasm", "cpu", "webgl", "webgpu"];
// Below a million parameters, starting threads costs more than they bring.
const PARAMETERS_FOR_THREADS = 1_000_000;
const MAX_THREADS = 4;

export const nameOf = ({ runtime, backend, variant }: Choice): string => `${runtime}/${backend}/${variant}`;

/** All that a page offers, in the order of preference: first every runtime on wasm with what gives Keras's digits. */
export function choices(page: Page): Choice[] {
  const known = page.runtimes.filter((runtime) => Object.hasOwn(RUNTIMES, runtime));
  const all = known.flatMap((runtime) => {
    const { format, backends } = infoOf(runtime);
    const fitting = page.artifacts.filter((artifact) => artifact.format === format);
    const named = Object.keys(backends);
    return fitting.flatMap(({ variant }) => named.map((backend) => ({ runtime, backend, variant })));
  });
  const rank = (choice: Choice): number =>
    (artifactOf(page, choice).exact ? 0 : BACKENDS.length + 1) + backendRank(choice);
  return all.sort((a, b) => rank(a) - rank(b));
}

/** The place of a choice's backend in the order of preference; one that is not known comes last. */
export function backendRank({ backend }: Choice): number {
  const rank = BACKENDS.indexOf(backend);
  return rank < 0 ? BACKENDS.length : rank;
}

/** The artifact that a choice runs. */
export function artifactOf(page: Page, { runtime, variant }: Choice): Artifact {
  const { format } = infoOf(runtime);
  const found = page.artifacts.find((a) => a.format === format && a.variant === variant);
  if (found === undefined) throw new RuntimeError("input", `this page has no ${runtime}/${variant}`);
  return found;
}

export class Engine {
  private constructor(
    private readonly remote: Remote,
    readonly choice: Choice,
    /** Of the runtime. */
    readonly version: string,
    readonly threads: number,
    /** Bytes that came over the network for it, model and runtime; what came from a cache counts nothing. */
    readonly bytes: number,
    readonly ms: { readonly load: number },
  ) {}

  /** Fetches the artifact, held to its hashes, and loads it; a RuntimeError says why not. The signal gives it up. */
  static async open(
    page: Page,
    choice: Choice,
    onProgress?: Progress,
    signal?: AbortSignal,
  ): Promise<Engine> {
    const start = performance.now();
    const remote = new Remote(workerUrl(page.base));
    signal?.addEventListener("abort", () => remote.close());
    try {
      const artifact = artifactOf(page, choice);
      const threads = threadsFor(page);
      const { opened, bytes } = await load(page, remote, "open", choice, artifact, threads, onProgress);
      checkLabels(page, opened);
      return new Engine(remote, choice, opened.version, threads, bytes + opened.bytes, {
        load: performance.now() - start,
      });
    } catch (thrown) {
      remote.close();
      throw thrown;
    }
  }

  /**
   * Answers `count` photos.
   *
   * @param tensors uint8 of the preprocessing's shape, one after another.
   * @returns float32 probabilities, row by row, and the milliseconds that the runtime took.
   */
  run(tensors: Uint8Array, count: number): Promise<{ probabilities: Float32Array; ms: number }> {
    return this.remote.call("run", { tensors, count });
  }

  memory(): Promise<Memory> {
    return this.remote.call("memory", null);
  }

  close(): void {
    this.remote.close();
  }
}

/** Fetches files and has them loaded in a worker; `operation` says as what. */
export async function load(
  page: Page,
  remote: Remote,
  operation: "open" | "openLayers" | "openTensors",
  { runtime, backend }: Pick<Choice, "runtime" | "backend">,
  { path, files: wanted }: Pick<Artifact, "path" | "files">,
  threads: number,
  onProgress?: Progress,
): Promise<{ opened: Opened; bytes: number }> {
  const [module, assets] = runtimeUrls(runtime, page.base);
  const files = await fetchAll(page, Object.keys(wanted), onProgress);
  const urls = [...files.keys()].map((name) => new URL(name, page.base).href);
  const request: OpenRequest = { module, entry: path, files, options: { backend, threads, assets } };
  const opened = await remote.call<Opened>(operation, request, [...files.values()]);
  return { opened, bytes: urls.reduce((sum, url) => sum + transferSize(url), 0) };
}

async function fetchAll(
  page: Page,
  paths: readonly string[],
  onProgress?: Progress,
): Promise<Map<string, ArrayBuffer>> {
  const table = new Map(page.artifacts.flatMap(({ files }) => Object.entries(files)));
  const total = paths.reduce((sum, path) => sum + (table.get(path)?.bytes ?? 0), 0);
  let done = 0;
  const count = (bytes: number): void => onProgress?.((done += bytes), total);
  const fetched = await Promise.all(
    paths.map(async (path) => [path, await fetchFile(page, path, onProgress && count)] as const),
  );
  return new Map(fetched);
}

function transferSize(url: string): number {
  const entries = performance.getEntriesByName(url, "resource") as PerformanceResourceTiming[];
  return entries.at(-1)?.transferSize ?? 0;
}

function threadsFor(page: Page): number {
  if (!globalThis.crossOriginIsolated || page.parameters < PARAMETERS_FOR_THREADS) return 1;
  return Math.max(1, Math.min(MAX_THREADS, navigator.hardwareConcurrency ?? 1));
}

function checkLabels(page: Page, { labels, classes }: Opened): void {
  const differ = labels !== null && labels.join("\n") !== page.labels.join("\n");
  if (differ || classes !== page.labels.length) {
    throw new RuntimeError("corrupt", "the labels inside the model are not those of the page");
  }
}
