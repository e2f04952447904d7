/**
 * Builds what Python ships: gemelo/web/node/ holds the server that gemelo/runtimes/tfjs.py drives, gemelo/web/page/
 * what `gemelo page` puts beside a bundle (build/page.mjs).
 *
 *     node build.mjs [FOLDER]      FOLDER stands for gemelo/web
 */

import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import esbuild from "esbuild";

import { place } from "./build/files.mjs";
import { trimTfjs } from "./build/trim.mjs";

export const HERE = dirname(fileURLToPath(import.meta.url));
export const WASM_FOLDER = dirname(
  createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm/package.json"),
);
// TF.js picks by what the processor has; threads are for browsers only, so their file is not here.
const WASM_FILES = ["tfjs-backend-wasm-simd.wasm", "tfjs-backend-wasm.wasm"];

/** How TypeScript becomes JavaScript for Node; the tests are built the same way. */
export const NODE_OPTIONS = {
  absWorkingDir: HERE,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  // The ES modules of TF.js, which esbuild can prune; "main" is all of it in one piece.
  mainFields: ["module", "main"],
  // node-fetch is for Node before 18, and only to fetch: models are read from disk.
  external: ["node-fetch"],
  plugins: [trimTfjs()],
  // TF.js is partly CommonJS inside, which expects these two in the module's scope.
  banner: {
    js: [
      'import { createRequire as __createRequire } from "node:module";',
      'import { fileURLToPath as __fileURLToPath } from "node:url";',
      "const require = __createRequire(import.meta.url);",
      'const __dirname = __fileURLToPath(new URL(".", import.meta.url));',
    ].join("\n"),
  },
  loader: { ".jpg": "binary", ".webp": "binary", ".wasm": "binary" },
  logLevel: "warning",
};

/** Copies the .wasm files that Node needs into a folder. */
export async function copyWasm(folder) {
  await mkdir(folder, { recursive: true });
  for (const name of WASM_FILES)
    await place(join(folder, name), await readFile(join(WASM_FOLDER, "dist", name)));
}

/** Builds the server into `folder`/node: whole files only, for Python may be starting one of them. */
export async function buildNode(folder) {
  const target = join(folder, "node");
  await copyWasm(target);
  // `gemelo compare` reads models of others: it takes the whole of TF.js.
  const programs = [
    { entryPoints: ["src/node/server.ts"], outfile: join(target, "tfjs.mjs") },
    { entryPoints: ["src/node/compare.ts"], outfile: join(target, "compare.mjs"), plugins: [] },
  ];
  for (const program of programs) {
    const options = { ...NODE_OPTIONS, ...program, minify: true, legalComments: "external", write: false };
    for (const file of (await esbuild.build(options)).outputFiles) await place(file.path, file.contents);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const folder = resolve(process.argv[2] ?? join(HERE, "..", "gemelo", "web"));
  await buildNode(folder);
  // Loaded only here: the tests build the server alone.
  const { buildPage } = await import("./build/page.mjs");
  await buildPage(HERE, join(folder, "page"));
}
