/** Builds the code of runtimes and decoders: each module one file that imports nothing, so that it may lie anywhere under any name. */

import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";

import esbuild from "esbuild";

import { describeRuntimes } from "./descriptions.mjs";
import { COMMON } from "./options.mjs";
import { trimTfjs } from "./trim.mjs";

/**
 * @param files takes the contents, by path in a page.
 * @param trimmed whether TF.js is left without what no model of ours needs.
 * @returns {runtime: its Description with `files`, {name: path in a page}}, a runtime's own module first; names are without
 *   hashes.
 */
export async function buildRuntimes(here, files, { trimmed = true } = {}) {
  const table = {};
  for (const [runtime, description] of Object.entries(await describeRuntimes(here))) {
    const { source, modules, binaries } = description;
    // When the others are loaded, TF.js is there already.
    const plugins = (apart) => (trimmed ? [trimTfjs({ apart })] : []);
    const built = await build(here, files, { [runtime]: source }, plugins(false));
    if (Object.keys(modules).length > 0)
      Object.assign(built, await build(here, files, modules, plugins(true)));
    table[runtime] = { ...description, files: { ...built, ...(await copy(here, files, runtime, binaries)) } };
  }
  return table;
}

/** {format: path in a page} of the decoders in WASM, each one file with its binary inside. */
export async function buildDecoders(here, files) {
  const [jpeg, webp] = ["jpeg", "webp"].map((format) => `src/photo/wasm/${format}.ts`);
  const built = await build(here, files, { jpeg, webp }, []);
  return { jpeg: built["jpeg.js"], webp: built["webp.js"] };
}

/** The paths of what a runtime's first backend loads. */
export function firstFiles(name, { backends, files }) {
  const [needed] = Object.values(backends);
  return [`${name}.js`, ...needed].map((file) => files[file]);
}

async function build(here, files, modules, plugins) {
  const { outputFiles, metafile } = await esbuild.build({
    ...COMMON,
    absWorkingDir: here,
    entryPoints: Object.entries(modules).map(([name, source]) => ({ in: source, out: name })),
    format: "esm",
    outdir: "app",
    entryNames: "[name]-[hash]",
    plugins,
  });
  for (const { imports } of Object.values(metafile.outputs)) {
    if (imports.length > 0) throw new Error(`a module that stands alone imports ${imports[0].path}`);
  }
  const paths = outputFiles.map(({ path, contents }) => {
    files.set(`app/${basename(path)}`, Buffer.from(contents));
    return `app/${basename(path)}`;
  });
  return Object.fromEntries(
    Object.keys(modules).map((name) => [
      `${name}.js`,
      paths.find((path) => /^app\/(.*)-[0-9A-Z]{8}\.js$/.exec(path)?.[1] === name),
    ]),
  );
}

async function copy(here, files, runtime, binaries) {
  const copied = {};
  for (const from of binaries) {
    const path = `runtimes/${runtime}/${basename(from)}`;
    files.set(path, await readFile(join(here, "node_modules", from)));
    copied[basename(from)] = path;
  }
  return copied;
}
