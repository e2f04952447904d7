/** The runtimes that a page can have: what the files of browser/ say of themselves, filled in by the build. */

import { type Description, RuntimeError } from "./runtime";

export interface RuntimeInfo extends Pick<Description, "title" | "format" | "backends"> {
  /** Of every file, by the name that the runtime asks for: its path in a page, and its bytes. */
  readonly files: Readonly<Record<string, readonly [path: string, bytes: number]>>;
}

declare const __RUNTIMES__: Readonly<Record<string, RuntimeInfo>>;

/** By name, the preferred one first. */
export const RUNTIMES = __RUNTIMES__;

/** A runtime that page.json names, which may be of another build than this code. */
export function infoOf(runtime: string): RuntimeInfo {
  const info = Object.hasOwn(RUNTIMES, runtime) ? RUNTIMES[runtime] : undefined;
  if (info === undefined) throw new RuntimeError("missing", `the code for ${runtime} was left out`);
  return info;
}

/** For people; its own name where it is not known. */
export const titleOf = (runtime: string): string => RUNTIMES[runtime]?.title ?? runtime;
