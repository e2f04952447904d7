/** Reads what the runtimes in src/runtimes/browser say of themselves: the folder is the registry. */

import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";

import esbuild from "esbuild";

const FOLDER = "src/runtimes/browser";

/** @returns {runtime: its Description and `source`, its file}, the preferred one first. */
export async function describeRuntimes(here) {
  const files = (await readdir(join(here, FOLDER))).filter((name) => name.endsWith(".ts")).sort();
  const described = await Promise.all(files.map((file) => describe(here, file)));
  return Object.fromEntries(described.sort(([, a], [, b]) => a.order - b.order));
}

async function describe(here, file) {
  const source = `${FOLDER}/${file}`;
  const { outputFiles } = await esbuild.build({
    absWorkingDir: here,
    stdin: { contents: `export { description } from "./${source}";`, resolveDir: here },
    bundle: true,
    format: "esm",
    write: false,
    plugins: [alone(source)],
  });
  const code = Buffer.from(outputFiles[0].contents).toString("base64");
  const { description } = await import(`data:text/javascript;base64,${code}`);
  return [basename(file, ".ts"), { ...description, source }];
}

/** Leaves all imports of that file out: the description needs none of them. */
function alone(source) {
  return {
    name: "alone",
    setup(build) {
      build.onResolve({ filter: /./ }, ({ path, importer }) =>
        importer.endsWith(source) ? { path, external: true, sideEffects: false } : undefined,
      );
    },
  };
}
