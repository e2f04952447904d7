/** What running a twin has the browser load: told before it is run. */

import { artefactOf, type Choice } from "../../engine/engine";
import type { Page, RuntimeName } from "../../page";

type Sizes = Readonly<Record<"eager" | "lazy" | "binaries", Readonly<Record<string, number>>>>;

/** Bytes of each runtime's files, by path: what is always loaded, what with a backend; filled in by the build. */
declare const __SIZES__: Readonly<Record<RuntimeName, Sizes>>;

/** Bytes by path, so that what two twins share counts once. */
export type Files = ReadonlyMap<string, number>;

/** Which binaries a runtime loads for a backend. */
const BINARIES: Readonly<Record<RuntimeName, (backend: string) => RegExp | null>> = {
  tfjs: (backend) => (backend === "wasm" ? /-simd\.wasm$/ : null),
  onnx: (backend) => (backend === "webgpu" ? /\.jspi\./ : /threaded\.(mjs|wasm)$/),
  litert: () => /./,
};

/** The files of a choice: its model's and its runtime's; all of the code that may wait for a backend. */
export function filesOf(page: Page, choice: Choice): Files {
  const { runtime, backend } = choice;
  const { eager, lazy, binaries } = __SIZES__[runtime];
  const wanted = BINARIES[runtime](backend);
  const model = Object.entries(artefactOf(page, choice).files).map(
    ([path, { bytes }]) => [path, bytes] as const,
  );
  const code = Object.entries(runtime === "tfjs" && backend === "wasm" ? eager : { ...eager, ...lazy });
  const own = Object.entries(binaries).filter(([path]) => wanted?.test(path));
  return new Map([...model, ...code, ...own]);
}

export function sum(files: Files): number {
  return [...files.values()].reduce((total, bytes) => total + bytes, 0);
}

/** All files of several twins, each once, without those that are here already. */
export function union(groups: Iterable<Files>, loaded: ReadonlySet<string>): Files {
  const all = new Map<string, number>();
  for (const files of groups) for (const [path, bytes] of files) if (!loaded.has(path)) all.set(path, bytes);
  return all;
}
