/** The LiteRT.js runtime: TFLite files on wasm or WebGPU, in a classic worker of a page. */

import {
  type CompiledModel,
  Environment,
  getGlobalLiteRt,
  loadAndCompile,
  loadLiteRt,
  Tensor,
} from "@litertjs/core";
import { version as packaged } from "@litertjs/core/package.json";

import { assetOf, fileOf, needWasm, whyNot } from "./files";
import { tfliteLabels } from "./labels";
import {
  type Assets,
  type LoadOptions,
  type Memory,
  messageOf,
  type ModelFiles,
  RuntimeError,
  type Session,
  type Shape,
} from "./runtime";
import { type About, BatchSession, Turns } from "./session";

export const BACKENDS = ["wasm", "webgpu"] as const;
type Backend = (typeof BACKENDS)[number];

// The build without relaxed SIMD: it runs in every browser, as fast on small networks, and its answers do not depend on
// how a processor multiplies and adds. The one with threads would be another 9 MB.
const BINARY = "litert_wasm_compat_internal";

export const turns = new Turns();
let started: Promise<unknown> | null = null;

// `loadLiteRt` would ask for a GPU at once, also where none is wanted.
const environmentWithGpu = Environment.create;
Environment.create = async () => new Environment({ webGpuDevice: null });

export function version(): string {
  return packaged;
}

/** @param entry the .tflite file among `files`. */
export async function load(entry: string, files: ModelFiles, options: LoadOptions = {}): Promise<Session> {
  const file = fileOf(files, entry);
  const { backend, environment, model } = await opened(entry, file, options);
  const [, height, width, channels] = shapeOf(model.getInputDetails(), "input", 4);
  const [, classes] = shapeOf(model.getOutputDetails(), "output", 2);
  const shape = [height, width, channels] as unknown as Shape;
  return new LitertSession(model, environment, {
    backend,
    shape,
    classes: classes as number,
    labels: tfliteLabels(file),
  });
}

/** A model and where it runs. */
export async function opened(
  entry: string,
  file: ArrayBuffer,
  options: LoadOptions,
): Promise<{ backend: Backend; environment: Environment; model: CompiledModel }> {
  const backend = backendOf(options.backend ?? "wasm");
  await (started ??= start(options.assets ?? {}));
  const environment = await environmentOf(backend);
  const model = await turns.take(() => open(entry, file, backend, environment));
  return { backend, environment, model };
}

function backendOf(name: string): Backend {
  if (!BACKENDS.includes(name as Backend)) {
    throw new RuntimeError("input", `no backend ${name}: there is ${BACKENDS.join(", ")}`);
  }
  if (name === "webgpu" && !("gpu" in navigator)) {
    throw new RuntimeError("runtime", "this browser has no WebGPU");
  }
  return name as Backend;
}

async function start(assets: Assets): Promise<void> {
  needWasm("LiteRT.js");
  const [script, binary] = [assetOf(assets, `${BINARY}.js`), assetOf(assets, `${BINARY}.wasm`)];
  // Heeded by the script that `loadLiteRt` runs: in a worker made of a blob, it would look beside that.
  const locateFile = (name: string): string => assetOf(assets, name);
  Object.assign(self, { Module: { locateFile, print: () => undefined, printErr } });
  try {
    await loadLiteRt(script);
  } catch (thrown) {
    started = null;
    throw await whyNot(thrown, "LiteRT.js", [script, binary]);
  }
}

/** LiteRT writes nearly all of its log as errors. */
function printErr(line: string): void {
  if (!/^(VERBOSE|INFO|WARNING)\b/.test(line)) console.error(line);
}

async function environmentOf(backend: Backend): Promise<Environment> {
  if (backend === "wasm") return Environment.create();
  const environment = await environmentWithGpu.call(Environment);
  if (environment.webGpuDevice === null) throw new RuntimeError("runtime", "this machine offers no GPU");
  return environment;
}

async function open(
  entry: string,
  file: ArrayBuffer,
  backend: Backend,
  environment: Environment,
): Promise<CompiledModel> {
  const bytes = new Uint8Array(file);
  if (new TextDecoder().decode(bytes.subarray(4, 8)) !== "TFL3") {
    throw new RuntimeError("corrupt", `${entry} is not a TFLite file`);
  }
  let model: CompiledModel;
  try {
    // float32 where the GPU would take half of it: the answers are held against Keras's.
    const options = { accelerator: backend, environment, gpuOptions: { precision: "fp32" } } as const;
    model = await loadAndCompile(bytes, options);
  } catch (thrown) {
    throw new RuntimeError("corrupt", `LiteRT.js cannot load ${entry}: ${messageOf(thrown)}`, {
      cause: thrown,
    });
  }
  if (model.options.accelerator !== backend) {
    model.delete();
    throw new RuntimeError("runtime", `LiteRT.js ${backend} does not have all operators of ${entry}`);
  }
  return model;
}

function shapeOf(details: readonly { shape: Int32Array }[], role: string, rank: number): Int32Array {
  const [tensor, ...rest] = details;
  if (tensor === undefined || rest.length > 0 || tensor.shape.length !== rank || tensor.shape[0] !== 1) {
    throw new RuntimeError("corrupt", `the model's ${role} is not one tensor of ${rank} axes for one image`);
  }
  return tensor.shape;
}

class LitertSession extends BatchSession {
  private tensors: Tensor[] = [];

  constructor(
    private readonly model: CompiledModel,
    private readonly environment: Environment,
    about: About,
  ) {
    super(about, 1, turns);
  }

  memory(): Memory {
    return { tensors: this.tensors.length, bytes: getGlobalLiteRt().liteRtWasm.HEAPU8.byteLength };
  }

  protected async answer(image: Float32Array): Promise<Float32Array> {
    try {
      this.tensors.push(new Tensor(image, [1, ...this.shape], this.environment));
      this.tensors.push(...(await this.model.run(this.tensors as [Tensor])));
      return (await (this.tensors[1] as Tensor).data()) as Float32Array;
    } catch (thrown) {
      throw new RuntimeError("runtime", `LiteRT.js: ${messageOf(thrown)}`, { cause: thrown });
    } finally {
      // Nothing else frees them.
      for (const tensor of this.tensors.splice(0)) tensor.delete();
    }
  }

  protected free(): void {
    void this.turns
      .take(async () => {
        this.model.delete();
        this.environment.delete();
        this.environment.webGpuDevice?.destroy();
      })
      .catch(() => undefined);
  }
}
