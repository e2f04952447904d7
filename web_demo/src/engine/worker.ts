/** What runs beside the page: photos become tensors here, and a runtime answers. Never on the main thread. */

import {
  type Preprocessing,
  decode,
  Decoders,
  type Pixels,
  prepare,
  tensor,
  type WasmDecoder,
} from "../preprocessing";
import type { Proof } from "../photo/proof";
import type { LayersSession, LayerValues } from "../runtimes/inside";
import type { BrowserRuntime, LoadOptions, Session } from "../runtimes/runtime";
import { RuntimeError } from "../runtimes/runtime";
import { Moved, type Port, serve } from "./rpc";
import { sha256 } from "./sha256";

export interface Prepared {
  /** height * width * channels of the preprocessing: uint8, NHWC, RGB. */
  readonly tensor: Uint8Array;
  /** Of the upright photo. */
  readonly width: number;
  readonly height: number;
  /** Of the file's bytes; null where there was no file. */
  readonly sha256: string | null;
  /** Upright, at most 640 pixels a side, to be looked at; null where it could not be made. */
  readonly preview: ImageBitmap | null;
  readonly ms: { readonly decode: number; readonly resize: number };
}

/** Absolute URLs of the modules that decode in WASM, fetched where the browser is not exact. */
export type DecoderUrls = Readonly<Record<"jpeg" | "webp", string>>;

export interface PhotoRequest {
  readonly source: Blob | ImageBitmap;
  readonly preprocessing: Preprocessing;
  readonly maxPixels: number;
  readonly decoders: DecoderUrls;
  readonly preview: boolean;
}

export interface OpenRequest {
  /** Absolute URL of the runtime's module. */
  readonly module: string;
  readonly entry: string;
  readonly files: Map<string, ArrayBuffer>;
  readonly options: LoadOptions;
}

export interface Opened {
  readonly version: string;
  readonly labels: readonly string[] | null;
  readonly classes: number;
  readonly bytes: number;
}

const PREVIEW = 640;

let known: Decoders | null = null;
let session: Session | null = null;
let layers: LayersSession | null = null;

serve(self as unknown as Port, {
  photo,
  proof: (urls: DecoderUrls): Promise<Proof> => decodersOf(urls).proved(),
  open,
  run,
  memory: () => opened().memory(),
  openLayers: (request: OpenRequest) => openInside(request, "loadLayers"),
  openTensors: (request: OpenRequest) => openInside(request, "loadTensors"),
  steps: () => openedLayers().steps,
  runLayers,
  weight: (name: string) => openedLayers().weight(name),
});

function decodersOf(urls: DecoderUrls): Decoders {
  known ??= new Decoders((format) => imported<WasmDecoder>(urls[format], `the decoder of ${format}`));
  return known;
}

async function photo(request: PhotoRequest): Promise<Moved<Prepared>> {
  const { source, preprocessing, maxPixels, preview } = request;
  const decoders = decodersOf(request.decoders);
  // Asked once; what it takes is no part of the first photo's time.
  await decoders.proved();
  const start = performance.now();
  const pixels = await (source instanceof Blob
    ? decode(source, decoders, maxPixels)
    : decoders.frame(source));
  const decoded = performance.now();
  const image = prepare(pixels, preprocessing);
  const ms = { decode: decoded - start, resize: performance.now() - decoded };
  const small = preview ? await previewOf(pixels) : null;
  if (!(source instanceof Blob)) source.close();
  const digest = source instanceof Blob ? await sha256(await source.arrayBuffer()) : null;
  const { width, height } = pixels;
  const answer: Prepared = { tensor: image, width, height, sha256: digest, preview: small, ms };
  return new Moved(answer, [image.buffer as ArrayBuffer, ...(small === null ? [] : [small])]);
}

/** Only to be looked at: scaled as the browser likes. */
async function previewOf({ width, height, data }: Pixels): Promise<ImageBitmap | null> {
  const scale = Math.min(1, PREVIEW / Math.max(width, height));
  const [resizeWidth, resizeHeight] = [width, height].map((side) => Math.max(1, Math.round(side * scale)));
  const clamped = new Uint8ClampedArray(data.buffer as ArrayBuffer, data.byteOffset, data.length);
  try {
    return await createImageBitmap(new ImageData(clamped, width, height), {
      resizeWidth: resizeWidth as number,
      resizeHeight: resizeHeight as number,
      resizeQuality: "medium",
    });
  } catch {
    return null;
  }
}

async function open({ module, entry, files, options }: OpenRequest): Promise<Opened> {
  const runtime = await imported<{ runtime: BrowserRuntime }>(module, "the runtime");
  session = await runtime.runtime.load(entry, files, options);
  const { labels, classes } = session;
  return { version: runtime.runtime.version(), labels, classes, bytes: transferred() };
}

async function run({
  tensors,
  count,
}: {
  tensors: Uint8Array;
  count: number;
}): Promise<{ probabilities: Float32Array; ms: number }> {
  const images = tensor(tensors);
  const start = performance.now();
  const probabilities = await opened().run(images, count);
  return { probabilities, ms: performance.now() - start };
}

type Inner = "loadLayers" | "loadTensors";
type Insides = Readonly<Partial<Record<Inner, typeof import("../runtimes/layers").loadLayers>>>;

async function openInside({ module, entry, files, options }: OpenRequest, how: Inner): Promise<void> {
  const { [how]: open } = await imported<Insides>(module, "the runtime");
  if (open === undefined)
    throw new RuntimeError("runtime", "this runtime does not show what is inside a model");
  layers = await open(entry, files, options);
}

async function runLayers(image: Uint8Array): Promise<Map<string, LayerValues>> {
  return openedLayers().run(tensor(image));
}

async function imported<T>(module: string, what: string): Promise<T> {
  try {
    return (await importModule(module)) as T;
  } catch (thrown) {
    throw new RuntimeError("missing", `the code of ${what} cannot be loaded: ${module}`, {
      cause: thrown,
    });
  }
}

/** Bytes that this worker had sent over the network: the runtime's code and its binaries. */
function transferred(): number {
  const entries = performance.getEntriesByType("resource") as PerformanceResourceTiming[];
  return entries.reduce((sum, entry) => sum + entry.transferSize, 0);
}

function opened(): Session {
  if (session === null) throw new RuntimeError("input", "no model is open");
  return session;
}

function openedLayers(): LayersSession {
  if (layers === null) throw new RuntimeError("input", "no layers are open");
  return layers;
}
