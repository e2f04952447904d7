/** A TFLite file that shows its inside: every operation that depends on the photo is an output. */

import { type CompiledModel, type Environment, Tensor } from "@litertjs/core";

import { fileOf } from "./files";
import type { LayersSession, LayerValues, Step } from "./inside";
import { opened, turns } from "./litert";
import { type LoadOptions, messageOf, type ModelFiles, RuntimeError } from "./runtime";
import { tfliteInside } from "./tflite_file";

/** @param entry the .tflite file among `files`. */
export async function loadTensors(
  entry: string,
  files: ModelFiles,
  options: LoadOptions = {},
): Promise<LayersSession> {
  const { steps, bytes } = tfliteInside(fileOf(files, entry));
  const { model, environment } = await opened(entry, bytes.buffer, options);
  return new LitertLayers(model, environment, steps);
}

class LitertLayers implements LayersSession {
  constructor(
    private readonly model: CompiledModel,
    private readonly environment: Environment,
    readonly steps: readonly Step[],
  ) {}

  run(image: Float32Array): Promise<Map<string, LayerValues>> {
    return turns.take(async () => {
      const tensors: Tensor[] = [];
      try {
        const shape = [...(this.model.getInputDetails()[0]?.shape ?? [])];
        tensors.push(new Tensor(image, shape, this.environment));
        const outputs = await this.model.run([...tensors]);
        tensors.push(...outputs);
        return await this.valuesOf(outputs);
      } catch (thrown) {
        throw new RuntimeError("runtime", `LiteRT.js: ${messageOf(thrown)}`, { cause: thrown });
      } finally {
        // Nothing else frees them.
        for (const tensor of tensors) tensor.delete();
      }
    });
  }

  weight(name: string): Promise<LayerValues> {
    return Promise.reject(new RuntimeError("input", `LiteRT.js gives no weight ${name}`));
  }

  close(): void {
    const free = async (): Promise<void> => {
      this.model.delete();
      this.environment.delete();
      this.environment.webGpuDevice?.destroy();
    };
    void turns.take(free).catch(() => undefined);
  }

  private async valuesOf(outputs: readonly Tensor[]): Promise<Map<string, LayerValues>> {
    const details = this.model.getOutputDetails();
    const found = new Map<string, LayerValues>();
    for (const [i, { name }] of this.steps.entries()) {
      const [batch, ...shape] = details[i]?.shape ?? [];
      const data = (await outputs[i]?.data()) as Float32Array | undefined;
      if (batch === 1 && data !== undefined) found.set(name, { shape, data: Float32Array.from(data) });
    }
    return found;
  }
}
