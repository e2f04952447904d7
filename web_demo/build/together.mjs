/** One chunk for all that a first visit loads, where esbuild would make one of every set of views that share a module. */

import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";

import { reach } from "./files.mjs";

/**
 * A plugin that has every view import all of the first visit's modules. They are there already when a view is opened:
 * it costs nothing, and makes their sets equal.
 *
 * @param metafile of the same build without the plugin.
 * @param entry the source that the page begins with.
 */
export function together(here, { outputs }, entry) {
  const main = Object.keys(outputs).find((path) => outputs[path].entryPoint === entry);
  const modules = reach(outputs, main, false).flatMap((path) => Object.keys(outputs[path].inputs));
  const imports = modules
    .filter((path) => path !== entry && extname(path) === ".ts")
    .map((path) => `import ${JSON.stringify(join(here, path))};`)
    .sort()
    .join("");
  const views = new Set(
    Object.values(outputs)
      .map(({ entryPoint }) => entryPoint)
      .filter((path) => path !== undefined && path !== entry)
      .map((path) => join(here, path)),
  );
  return {
    name: "together",
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, async ({ path }) =>
        views.has(path) ? { contents: imports + (await readFile(path, "utf8")), loader: "ts" } : undefined,
      );
    },
  };
}
