/** What running an artifact has the browser load: told before it is run. */

import { artifactOf, type Choice } from "../../engine/engine";
import type { Page } from "../../page";
import { infoOf } from "../../runtimes/registry";

/** Bytes by path, so that what two artifacts share counts once. */
export type Files = ReadonlyMap<string, number>;

/** The files of a choice: its model's and its runtime's. */
export function filesOf(page: Page, choice: Choice): Files {
  const { runtime, backend } = choice;
  const model = Object.entries(artifactOf(page, choice).files).map(
    ([path, { bytes }]) => [path, bytes] as const,
  );
  const { backends, files } = infoOf(runtime);
  const own = [`${runtime}.js`, ...(backends[backend] ?? [])];
  return new Map([...model, ...own.map((name) => files[name] ?? (["", 0] as const))]);
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
