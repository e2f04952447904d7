/**
 * Builds the static page's code into a folder: what `gemelo page` copies beside a bundle.
 *
 * Modules of the runtimes first, for their names with hashes go into the page's own code; then the worker,
 * the page, gemelo.js and the service worker; at last assets.json, which tells Python what there is.
 */

import { readFile, readdir, rm } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";

import esbuild from "esbuild";

import { RUNTIME_FILES } from "../vendor.mjs";
import { packed, place, reach, sha256, tag } from "./files.mjs";
import { NOTICES, notices } from "./notices.mjs";
import { together } from "./together.mjs";
import { trimTfjs } from "./trim.mjs";

const RUNTIMES = ["tfjs", "onnx", "litert"];
// Beyond this, brotli at its best takes seconds, and the file is not part of a first visit.
const PACK_BELOW = 1 << 20;

const COMMON = {
  bundle: true,
  minify: true,
  platform: "browser",
  target: "es2022",
  mainFields: ["browser", "module", "main"],
  legalComments: "none",
  write: false,
  metafile: true,
  logLevel: "warning",
};

/** Builds everything below `folder`, from the sources in `here`. */
export async function buildPage(here, folder) {
  const files = new Map();
  const runtimes = await buildRuntimes(here, files);
  const modules = Object.fromEntries(RUNTIMES.map((name) => [name, runtimes[name].entry]));
  const worker = await buildWorker(here, files);
  const vendored = await vendor(here, files);
  const define = {
    __WORKER__: JSON.stringify(worker),
    __MODULES__: JSON.stringify(modules),
    __SIZES__: JSON.stringify(sizes(files, runtimes, vendored)),
  };
  const before = new Set(files.keys());
  const main = await buildApp(here, files, define);
  const views = [...files.keys()].filter((path) => !before.has(path) && !main.eager.includes(path)).sort();
  await buildModule(here, files, define);
  await addStatic(here, files, main);
  files.set(NOTICES, await notices(here));
  const shell = [...main.eager, worker, "index.html", ...runtimes.tfjs.eager, vendored.firstWasm].sort();
  await buildServiceWorker(here, files, shell, views);
  await write(folder, files, {
    shell,
    runtimes: Object.fromEntries(
      RUNTIMES.map((name) => [name, [...runtimes[name].all, ...vendored[name]].sort()]),
    ),
  });
}

/** One entry for each runtime, what they share in chunks; each with all that it can load, and what it loads at once. */
async function buildRuntimes(here, files) {
  const result = await esbuild.build({
    ...COMMON,
    absWorkingDir: here,
    entryPoints: RUNTIMES.map((name) => ({ in: `src/runtimes/browser/${name}.ts`, out: name })),
    format: "esm",
    splitting: true,
    outdir: "app",
    entryNames: "[name]-[hash]",
    chunkNames: "chunk-[hash]",
    plugins: [trimTfjs()],
  });
  collect(here, files, result);
  const { outputs } = result.metafile;
  const entryOf = (name) =>
    Object.keys(outputs).find((path) => outputs[path].entryPoint === `src/runtimes/browser/${name}.ts`);
  return Object.fromEntries(
    RUNTIMES.map((name) => {
      const entry = entryOf(name);
      return [name, { entry, eager: reach(outputs, entry, false), all: reach(outputs, entry, true) }];
    }),
  );
}

async function buildWorker(here, files) {
  const result = await esbuild.build({
    ...COMMON,
    absWorkingDir: here,
    entryPoints: [{ in: "src/engine/worker.ts", out: "worker" }],
    format: "iife",
    outdir: "app",
    entryNames: "[name]-[hash]",
  });
  collect(here, files, result);
  return Object.keys(result.metafile.outputs)[0];
}

/** The page itself: main.ts at once, views when they are opened, one style sheet. */
async function buildApp(here, files, define) {
  const options = {
    ...COMMON,
    absWorkingDir: here,
    entryPoints: [{ in: "src/app/main.ts", out: "main" }],
    format: "esm",
    splitting: true,
    outdir: "app",
    entryNames: "[name]-[hash]",
    chunkNames: "view-[hash]",
    define,
    plugins: [styles(files)],
  };
  const { metafile } = await esbuild.build(options);
  const plugins = [together(here, metafile, "src/app/main.ts"), ...options.plugins];
  const result = await esbuild.build({ ...options, plugins });
  collect(here, files, result);
  const css = await minified(join(here, "src/app/app.css"));
  const style = `app/page-${tag(css)}.css`;
  files.set(style, css);
  const { outputs } = result.metafile;
  const entry = Object.keys(outputs).find((path) => outputs[path].entryPoint === "src/app/main.ts");
  return { entry, style, eager: [...reach(outputs, entry, false), style] };
}

/** gemelo.js: one file under a stable name, for other people's pages. */
async function buildModule(here, files, define) {
  const result = await esbuild.build({
    ...COMMON,
    absWorkingDir: here,
    entryPoints: ["src/gemelo.ts"],
    format: "esm",
    outfile: "gemelo.js",
    define,
  });
  collect(here, files, result);
}

/** Knows what a first answer needs, and the code of the other views, which a visit without a network needs too. */
async function buildServiceWorker(here, files, shell, views) {
  const result = await esbuild.build({
    ...COMMON,
    absWorkingDir: here,
    entryPoints: ["src/sw.ts"],
    format: "iife",
    outfile: "sw.js",
    define: { __SHELL__: JSON.stringify(shell), __VIEWS__: JSON.stringify(views) },
  });
  collect(here, files, result);
}

/** index.html with the names of the day, the web manifest, icons. */
async function addStatic(here, files, { entry, style, eager }) {
  const modules = eager.filter((path) => path !== entry && path !== style);
  const names = {
    main: entry,
    style,
    preloads: modules.map((path) => `<link rel="modulepreload" href="${path}" />`).join(""),
  };
  const html = await readFile(join(here, "src/app/index.html"), "utf8");
  files.set("index.html", Buffer.from(html.replace(/\{\{(\w+)\}\}/g, (_, name) => names[name])));
  files.set("manifest.webmanifest", await readFile(join(here, "src/app/manifest.webmanifest")));
  const icons = join(here, "src/app/icons");
  for (const name of await readdir(icons)) files.set(name, await readFile(join(icons, name)));
}

/** The runtimes' binaries, by the names under which they look for them. */
async function vendor(here, files) {
  const lists = {};
  for (const name of RUNTIMES) {
    lists[name] = [];
    for (const { from, to } of RUNTIME_FILES[name]) {
      const path = `runtimes/${name}/${to}`;
      files.set(path, await readFile(join(here, "node_modules", from)));
      lists[name].push(path);
    }
  }
  return { ...lists, firstWasm: lists.tfjs.find((path) => path.endsWith("tfjs-backend-wasm-simd.wasm")) };
}

/** Bytes of a runtime's code that is loaded at once, of that which waits for a backend, and of its binaries. */
function sizes(files, runtimes, vendored) {
  const table = (paths) => Object.fromEntries(paths.map((path) => [path, files.get(path).length]));
  return Object.fromEntries(
    RUNTIMES.map((name) => {
      const { eager, all } = runtimes[name];
      const lazy = all.filter((path) => !eager.includes(path));
      return [name, { eager: table(eager), lazy: table(lazy), binaries: table(vendored[name]) }];
    }),
  );
}

/** `import css from "./view.css"` gives the URL of the minified sheet beside the code. */
function styles(files) {
  return {
    name: "styles",
    setup(build) {
      build.onLoad({ filter: /\.css$/ }, async ({ path }) => {
        const css = await minified(path);
        const name = `${basename(path, ".css")}-${tag(css)}.css`;
        files.set(`app/${name}`, css);
        return {
          contents: `export default new URL(${JSON.stringify(name)}, import.meta.url).href`,
          loader: "js",
        };
      });
    },
  };
}

async function minified(path) {
  const { outputFiles } = await esbuild.build({ ...COMMON, entryPoints: [path], metafile: false });
  return Buffer.from(outputFiles[0].contents);
}

function collect(here, files, { outputFiles }) {
  for (const { path, contents } of outputFiles) files.set(path.slice(here.length + 1), Buffer.from(contents));
}

/** Writes all files, the packed ones beside, and assets.json last; files of an older build go. */
async function write(folder, files, lists) {
  const table = {};
  const written = new Set(["assets.json"]);
  for (const [path, contents] of [...files].sort()) {
    await place(join(folder, path), contents);
    written.add(path);
    table[path] = { bytes: contents.length, sha256: sha256(contents) };
    if (contents.length < PACK_BELOW && extname(path) !== ".png") {
      await place(join(folder, `${path}.br`), await packed(contents));
      written.add(`${path}.br`);
    }
  }
  await place(join(folder, "assets.json"), JSON.stringify({ files: table, ...lists }, null, 1) + "\n");
  await sweep(folder, written);
}

async function sweep(folder, written) {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath ?? dirname(folder), entry.name).slice(folder.length + 1);
    if (entry.isFile() && !written.has(path.replaceAll("\\", "/"))) await rm(join(folder, path));
  }
}
