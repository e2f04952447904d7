/** An ONNX file that shows its inside: every operation that depends on the photo is an output. */

import type { InferenceSession, Tensor } from "onnxruntime-web";

import { fileOf } from "./files";
import type { LayersSession, LayerValues, Step } from "./inside";
import { backendOf, open, type Ort, shapeOf, start, turns } from "./onnx";
import { onnxSteps, withOutputs } from "./onnx_file";
import { type LoadOptions, messageOf, type ModelFiles, RuntimeError } from "./runtime";

const ENDS: Readonly<Record<string, number>> = { uint8: 255, int8: 127 };

/** @param entry the .onnx file among `files`. */
export async function loadTensors(
  entry: string,
  files: ModelFiles,
  options: LoadOptions = {},
): Promise<LayersSession> {
  const file = new Uint8Array(fileOf(files, entry));
  const steps = onnxSteps(file);
  const backend = backendOf(options.backend ?? "wasm");
  const ort = await start(backend, options);
  const names = steps.map(({ name }) => name);
  const model = await turns.take(() => open(ort, entry, withOutputs(file, names), backend, options));
  return new OnnxLayers(ort, model, steps);
}

class OnnxLayers implements LayersSession {
  constructor(
    private readonly ort: Ort,
    private readonly model: InferenceSession,
    readonly steps: readonly Step[],
  ) {}

  run(image: Float32Array): Promise<Map<string, LayerValues>> {
    const { inputMetadata, inputNames } = this.model;
    const shape = shapeOf(inputMetadata, "input", 4).slice(1) as number[];
    return turns.take(async () => {
      const input = new this.ort.Tensor("float32", image, [1, ...shape]);
      try {
        const outputs = await this.model.run({ [inputNames[0] as string]: input });
        return await this.valuesOf(new Map(Object.entries(outputs)));
      } catch (thrown) {
        throw new RuntimeError("runtime", `ONNX Runtime Web: ${messageOf(thrown)}`, { cause: thrown });
      } finally {
        input.dispose();
      }
    });
  }

  weight(name: string): Promise<LayerValues> {
    return Promise.reject(new RuntimeError("input", `ONNX Runtime Web gives no weight ${name}`));
  }

  close(): void {
    void turns.take(() => this.model.release()).catch(() => undefined);
  }

  /** In real numbers: integers that are made real by the next operation are what it makes of them. */
  private async valuesOf(outputs: ReadonlyMap<string, Tensor>): Promise<Map<string, LayerValues>> {
    const isReal = ({ kind }: Step): boolean => kind === "DequantizeLinear";
    const real = new Map(this.steps.filter(isReal).map(({ name, inputs }) => [inputs[0], name]));
    const found = new Map<string, LayerValues>();
    for (const { name, kind } of this.steps) {
      const own = outputs.get(name);
      const meant = outputs.get(real.get(name) ?? name);
      if (own === undefined || meant === undefined || own.dims[0] !== 1 || !isNumbers(meant)) continue;
      const value = { shape: own.dims.slice(1), data: Float32Array.from(await numbersOf(meant)) };
      found.set(name, kind === "QuantizeLinear" ? { ...value, saturated: await saturation(own) } : value);
    }
    outputs.forEach((output) => output.dispose());
    return found;
  }
}

const isNumbers = ({ type }: Tensor): boolean =>
  ["float32", "float64", "int32", "uint8", "int8"].includes(type);

const numbersOf = async (tensor: Tensor): Promise<ArrayLike<number>> =>
  (await tensor.getData()) as Float32Array;

/** Share of the integers that are the largest there is. */
async function saturation(tensor: Tensor): Promise<number> {
  const values = [...Array.from(await numbersOf(tensor))];
  const end = ENDS[tensor.type];
  return values.filter((value) => value === end).length / Math.max(1, values.length);
}
