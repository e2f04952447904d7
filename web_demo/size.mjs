/**
 * Prints what a page transfers for each runtime on its first backend: its code, and the binaries that this loads.
 *
 * The last lines are TF.js as esbuild alone prunes it, for comparison with build/trim.mjs.
 */

import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";

import esbuild from "esbuild";

import { HERE } from "./build.mjs";
import { trimTfjs } from "./build/trim.mjs";
import { RUNTIME_FILES } from "./vendor.mjs";

// Beyond this, brotli takes many seconds, and the file is not part of a first visit.
const BROTLI_BELOW = 1 << 20;
/** Of the vendored binaries, those that the first backend loads. */
const FIRST = /-simd\.wasm$|-threaded\.(mjs|wasm)$|litert_.*/;

for (const [name, files] of Object.entries(RUNTIME_FILES)) {
  const binaries = files
    .filter(({ to }) => FIRST.test(to))
    .map(({ from }) => join(HERE, "node_modules", from));
  const rows = binaries.map((path) => [basename(path), readFileSync(path)]);
  print(name, [...(await code(name, [trimTfjs()])), ...rows]);
}
print("tfjs, not trimmed", await code("tfjs", []));

/** The chunks that a runtime's module needs at once, and for ONNX Runtime the library that it imports then. */
async function code(name, plugins) {
  const entry = `src/runtimes/browser/${name}.ts`;
  const { metafile, outputFiles } = await esbuild.build({
    absWorkingDir: HERE,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    splitting: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    mainFields: ["browser", "module", "main"],
    conditions: ["module", "onnxruntime-web-use-extern-wasm"],
    plugins,
    outdir: "out",
    metafile: true,
    write: false,
  });
  const contents = new Map(outputFiles.map((file) => [basename(file.path), file.contents]));
  const paths = reach(metafile.outputs, `out/${name}.js`);
  return paths.map((path) => [basename(path), contents.get(basename(path))]);
}

function reach(outputs, path, found = new Set()) {
  found.add(path);
  for (const { path: next, kind } of outputs[path].imports) {
    const first = kind === "import-statement" || outputs[next].entryPoint?.includes("ort.wasm");
    if (first && !found.has(next)) reach(outputs, next, found);
  }
  return [...found];
}

function print(title, rows) {
  const sizes = rows.map(([name, bytes]) => [name, bytes.length, gzip(bytes), brotli(bytes)]);
  const sum = (column) => sizes.reduce((total, row) => total + row[column], 0);
  console.log(`\n${title}${"".padEnd(44 - title.length)}bytes      gzip    brotli`);
  for (const row of [...sizes, ["in all", sum(1), sum(2), sum(3)]]) {
    const [name, ...numbers] = row;
    console.log(name.padEnd(39) + numbers.map((number) => String(number || "-").padStart(10)).join(""));
  }
}

function gzip(bytes) {
  return gzipSync(bytes, { level: 9 }).length;
}

/** NaN where it was not tried. */
function brotli(bytes) {
  return bytes.length < BROTLI_BELOW ? brotliCompressSync(bytes).length : NaN;
}
