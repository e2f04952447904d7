/** Prints what a page would transfer for the TF.js runtime on wasm: gzip bytes of its chunks and of the .wasm. */

import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";

import esbuild from "esbuild";

import { HERE, WASM_FOLDER } from "./build.mjs";

const gzip = (bytes) => gzipSync(bytes, { level: 9 }).length;

const result = await esbuild.build({
  absWorkingDir: HERE,
  entryPoints: ["src/runtimes/tfjs.ts"],
  bundle: true,
  minify: true,
  splitting: true,
  format: "esm",
  platform: "browser",
  target: "es2022",
  outdir: "out",
  metafile: true,
  write: false,
});

/** The chunks that are loaded with an output: those it imports, and the backend that is asked for. */
function reach(path, found = new Set()) {
  if (found.has(path)) return found;
  found.add(path);
  for (const { path: next, kind } of result.metafile.outputs[path].imports) {
    if (kind === "import-statement" || result.metafile.outputs[next].entryPoint?.includes("backend-wasm")) {
      reach(next, found);
    }
  }
  return found;
}

const bytes = new Map(result.outputFiles.map((file) => [basename(file.path), file.contents]));
const rows = [...reach("out/tfjs.js")].map((path) => [basename(path), bytes.get(basename(path))]);
const wasm = "tfjs-backend-wasm-simd.wasm";
rows.push([wasm, readFileSync(join(WASM_FOLDER, "dist", wasm))]);
for (const [name, content] of rows) console.log(`${String(gzip(content)).padStart(8)}  ${name}`);
console.log(
  `${String(rows.reduce((sum, [, content]) => sum + gzip(content), 0)).padStart(8)}  in all, gzip -9`,
);
