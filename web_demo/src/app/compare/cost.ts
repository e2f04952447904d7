/** What running an artifact has the browser load: told before it is run. */

import { artifactOf, type Choice } from "../../engine/engine";
import { runtimeFile } from "../../engine/urls";
import type { Page, RuntimeName } from "../../page";

/** Bytes by path, so that what two artifacts share counts once. */
export type Files = ReadonlyMap<string, number>;

/** The files of a runtime that a backend loads, where the processor is not very old. */
const NEEDED: Readonly<Record<RuntimeName, (backend: string) => readonly string[]>> = {
  tfjs: (backend) => ["tfjs.js", backend === "wasm" ? "tfjs-backend-wasm-simd.wasm" : `tfjs-${backend}.js`],
  onnx: (backend) =>
    backend === "wasm"
      ? ["onnx.js", "ort-wasm.js", "ort-wasm-simd-threaded.wasm"]
      : ["onnx.js", "ort-jspi.js", "ort-wasm-simd-threaded.jspi.wasm"],
  litert: () => ["litert.js", "litert_wasm_compat_internal.js", "litert_wasm_compat_internal.wasm"],
};

/** The files of a choice: its model's and its runtime's. */
export function filesOf(page: Page, choice: Choice): Files {
  const { runtime, backend } = choice;
  const model = Object.entries(artifactOf(page, choice).files).map(
    ([path, { bytes }]) => [path, bytes] as const,
  );
  return new Map([...model, ...NEEDED[runtime](backend).map((name) => runtimeFile(runtime, name))]);
}

export function sum(files: Files): number {
  return [...files.values()].reduce((total, bytes) => total + bytes, 0);
}

/** All files of several artifacts, each once, without those that are here already. */
export function union(groups: Iterable<Files>, loaded: ReadonlySet<string>): Files {
  const all = new Map<string, number>();
  for (const files of groups) for (const [path, bytes] of files) if (!loaded.has(path)) all.set(path, bytes);
  return all;
}
