/**
 * Builds a bare page for the browser tests of the runtimes: their modules, their binaries and a worker, nothing else.
 *
 *     node test/bed/build.mjs FOLDER
 */

import { copyFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import esbuild from "esbuild";

import { trimTfjs } from "../../build/trim.mjs";
import { RUNTIME_FILES } from "../../vendor.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, "..", "..");
const [folder] = process.argv.slice(2);
const names = Object.keys(RUNTIME_FILES);

await esbuild.build({
  absWorkingDir: ROOT,
  entryPoints: names.map((name) => `src/runtimes/browser/${name}.ts`),
  bundle: true,
  minify: true,
  splitting: true,
  format: "esm",
  platform: "browser",
  target: "es2022",
  mainFields: ["browser", "module", "main"],
  conditions: ["module", "onnxruntime-web-use-extern-wasm"],
  plugins: [trimTfjs()],
  outdir: join(folder, "app"),
  logLevel: "warning",
});
for (const name of names) {
  await mkdir(join(folder, "runtimes", name), { recursive: true });
  for (const { from, to } of RUNTIME_FILES[name]) {
    await copyFile(join(ROOT, "node_modules", from), join(folder, "runtimes", name, to));
  }
}
for (const name of ["index.html", "page.js", "worker.js"])
  await copyFile(join(HERE, name), join(folder, name));
