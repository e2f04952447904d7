/** The ONNX Runtime Web runtime: ONNX files on wasm or WebGPU, in a worker of a page. */

import type { InferenceSession, Tensor } from "onnxruntime-web";

import { assetOf, fileOf, needWasm, whyNot } from "./files";
import { onnxLabels } from "./labels";
import {
  type LoadOptions,
  type Memory,
  messageOf,
  type ModelFiles,
  RuntimeError,
  type Session,
  type Shape,
} from "./runtime";
import { type About, BatchSession, Turns } from "./session";

export type Ort = typeof import("onnxruntime-web");

/** A build of the library for each backend: its code and its binary. */
const BUILDS = {
  wasm: { code: "ort-wasm.js", binary: "ort-wasm-simd-threaded.wasm" },
  // The build that suspends WebAssembly by JSPI, for the one that does it by rewritten code is 10 MB larger.
  webgpu: { code: "ort-jspi.js", binary: "ort-wasm-simd-threaded.jspi.wasm" },
} as const;
export type Backend = keyof typeof BUILDS;

export const BACKENDS = Object.keys(BUILDS) as readonly Backend[];

const LARGEST_BATCH = 16;

export const turns = new Turns();
let loaded: Ort | null = null;

export function version(): string {
  const versions = loaded?.env.versions;
  return versions?.web ?? versions?.common ?? "";
}

/** @param entry the .onnx file among `files`. */
export async function load(entry: string, files: ModelFiles, options: LoadOptions = {}): Promise<Session> {
  const file = fileOf(files, entry);
  const backend = backendOf(options.backend ?? "wasm");
  const ort = await start(backend, options);
  const model = await turns.take(() => open(ort, entry, file, backend, options));
  const [height, width, channels] = shapeOf(model.inputMetadata, "input", 4).slice(1) as unknown as Shape;
  const classes = shapeOf(model.outputMetadata, "output", 2)[1] as number;
  return new OnnxSession(ort, model, {
    backend,
    shape: [height, width, channels],
    classes,
    labels: onnxLabels(file),
  });
}

export function backendOf(name: string): Backend {
  if (!(name in BUILDS)) {
    throw new RuntimeError("input", `no backend ${name}: there is ${BACKENDS.join(", ")}`);
  }
  if (name === "webgpu" && !("gpu" in navigator)) {
    throw new RuntimeError("runtime", "this browser has no WebGPU");
  }
  if (name === "webgpu" && !("Suspending" in WebAssembly)) {
    throw new RuntimeError("runtime", "ONNX Runtime's WebGPU needs a browser with WebAssembly JSPI");
  }
  return name as Backend;
}

export async function start(backend: Backend, { assets = {}, threads = 1 }: LoadOptions): Promise<Ort> {
  needWasm("ONNX Runtime Web");
  const code = assetOf(assets, BUILDS[backend].code);
  try {
    loaded = (await importModule(code)) as Ort;
  } catch (thrown) {
    throw await whyNot(thrown, "ONNX Runtime Web", [code]);
  }
  const { wasm } = loaded.env;
  loaded.env.logLevel = "error";
  // Its threads are workers made of its code, which must be of the page's origin.
  const mayThread = globalThis.crossOriginIsolated && new URL(code).origin === origin;
  wasm.numThreads = mayThread ? threads : 1;
  wasm.wasmPaths = { wasm: assetOf(assets, BUILDS[backend].binary) };
  return loaded;
}

export async function open(
  ort: Ort,
  entry: string,
  file: ArrayBuffer | Uint8Array,
  backend: Backend,
  { assets = {} }: LoadOptions,
): Promise<InferenceSession> {
  try {
    const bytes = file instanceof Uint8Array ? file : new Uint8Array(file);
    return await ort.InferenceSession.create(bytes, { executionProviders: [backend], logSeverityLevel: 3 });
  } catch (thrown) {
    const message = messageOf(thrown);
    if (message.includes("no available backend")) {
      throw await whyNot(thrown, "ONNX Runtime Web", [assetOf(assets, BUILDS[backend].binary)]);
    }
    throw new RuntimeError("corrupt", `ONNX Runtime Web cannot load ${entry}: ${message}`, { cause: thrown });
  }
}

export function shapeOf(
  metadata: readonly InferenceSession.ValueMetadata[],
  role: string,
  rank: number,
): readonly (number | string)[] {
  const [value, ...rest] = metadata;
  const shape = value?.isTensor ? value.shape : [];
  const sizes = shape.slice(1);
  if (
    rest.length > 0 ||
    shape.length !== rank ||
    sizes.some((size) => typeof size !== "number" || size < 1)
  ) {
    throw new RuntimeError("corrupt", `the model's ${role} is not one tensor of ${rank} axes`);
  }
  return shape;
}

class OnnxSession extends BatchSession {
  private tensors: Tensor[] = [];

  constructor(
    private readonly ort: Ort,
    private readonly model: InferenceSession,
    about: About,
  ) {
    super(about, LARGEST_BATCH, turns);
  }

  memory(): Memory {
    return { tensors: this.tensors.length, bytes: this.tensors.reduce((sum, { size }) => sum + 4 * size, 0) };
  }

  protected async answer(images: Float32Array, count: number): Promise<Float32Array> {
    const [input, output] = [this.model.inputNames[0] as string, this.model.outputNames[0] as string];
    try {
      this.tensors.push(new this.ort.Tensor("float32", images, [count, ...this.shape]));
      const answers = await this.model.run({ [input]: this.tensors[0] as Tensor }, [output]);
      this.tensors.push(answers[output] as Tensor);
      return (await (answers[output] as Tensor).getData()) as Float32Array;
    } catch (thrown) {
      throw new RuntimeError("runtime", `ONNX Runtime Web: ${messageOf(thrown)}`, { cause: thrown });
    } finally {
      for (const tensor of this.tensors.splice(0)) tensor.dispose();
    }
  }

  protected free(): void {
    void this.turns.take(() => this.model.release()).catch(() => undefined);
  }
}
