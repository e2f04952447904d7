/**
 * Builds the static page's code into a folder: what `gemelo page` copies beside a bundle.
 *
 * Modules of the runtimes first, for their names with hashes go into the page's own code; then the worker,
 * the page, gemelo.js and the service worker; at last assets.json, which tells Python what there is.
 */

import { readFile, readdir, rm } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";

import esbuild from "esbuild";

import { packed, place, reach, sha256, tag } from "./files.mjs";
import { NOTICES, notices } from "./notices.mjs";
import { COMMON } from "./options.mjs";
import { buildDecoders, buildRuntimes, firstFiles } from "./runtimes.mjs";
import { together } from "./together.mjs";

// Beyond this, brotli at its best takes seconds, and the file is not part of a first visit.
const PACK_BELOW = 1 << 20;

/** Builds everything below `folder`, from the sources in `here`; what a server packs is packed, unless `pack` is false. */
export async function buildPage(here, folder, { pack = true } = {}) {
  const files = new Map();
  const runtimes = await buildRuntimes(here, files);
  const decoders = await buildDecoders(here, files);
  const worker = await buildWorker(here, files);
  const code = [
    worker,
    ...Object.values(decoders),
    ...Object.values(runtimes).flatMap((runtime) => Object.values(runtime.files)),
  ];
  const define = {
    __WORKER__: JSON.stringify(worker),
    __DECODERS__: JSON.stringify(decoders),
    __RUNTIMES__: JSON.stringify(withSizes(files, runtimes)),
  };
  const before = new Set(files.keys());
  const main = await buildApp(here, files, define);
  const views = [...files.keys()].filter((path) => !before.has(path) && !main.eager.includes(path)).sort();
  await buildModule(here, files, define, code);
  await addStatic(here, files, main);
  files.set(NOTICES, await notices(here));
  const shell = [...main.eager, worker, "index.html"].sort();
  const listed = mapValues(runtimes, (runtime, name) => ({
    format: runtime.format,
    first: firstFiles(name, runtime),
    files: Object.values(runtime.files).sort(),
  }));
  await buildServiceWorker(here, files, shell, views, listed);
  await write(folder, files, { shell, runtimes: listed }, pack);
}

/** What a page says of its runtimes before it loads any: `RuntimeInfo` of src/runtimes/registry.ts. */
function withSizes(files, runtimes) {
  const sized = (path) => [path, files.get(path).length];
  return mapValues(runtimes, ({ title, format, backends, files: named }) => ({
    ...{ title, format, backends },
    files: mapValues(named, sized),
  }));
}

function mapValues(object, change) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value, name)]));
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

/**
 * gemelo.js, one file under a stable name, and its types: for other people's pages, and for what bundlers make of them.
 *
 * Bundlers give every file a new name and place. They follow `new URL("./file", import.meta.url)` where it is written
 * out, so a table of these stands at the top; `gemelo page` leaves out the lines of runtimes that a page does not have.
 */
async function buildModule(here, files, define, code) {
  const urls = code.map((path) => `  "${path}": new URL("./${path}", import.meta.url).href,\n`);
  const result = await esbuild.build({
    ...COMMON,
    absWorkingDir: here,
    entryPoints: ["src/gemelo.ts"],
    format: "esm",
    outfile: "gemelo.js",
    banner: { js: `const __URLS__ = {\n${urls.join("")}};` },
    define,
  });
  collect(here, files, result);
  const types = await readFile(join(here, "src/module/gemelo.d.ts"), "utf8");
  const names = Object.keys(JSON.parse(define.__RUNTIMES__)).map((name) => JSON.stringify(name));
  files.set(
    "gemelo.d.ts",
    types.replace("readonly runtime: string;", `readonly runtime: ${names.join(" | ")};`),
  );
}

/** Knows what a first answer needs, and the code of the other views, which a visit without a network needs too. */
async function buildServiceWorker(here, files, shell, views, runtimes) {
  const first = mapValues(runtimes, ({ format, first }) => ({ format, files: first }));
  const result = await esbuild.build({
    ...COMMON,
    absWorkingDir: here,
    entryPoints: ["src/sw.ts"],
    format: "iife",
    outfile: "sw.js",
    define: {
      __SHELL__: JSON.stringify(shell),
      __VIEWS__: JSON.stringify(views),
      __FIRST__: JSON.stringify(first),
    },
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
async function write(folder, files, lists, pack) {
  const table = {};
  const written = new Set(["assets.json"]);
  const one = async ([path, contents]) => {
    await place(join(folder, path), contents);
    written.add(path);
    table[path] = { bytes: contents.length, sha256: sha256(contents) };
    if (pack && contents.length < PACK_BELOW && extname(path) !== ".png") {
      written.add(`${path}.br`);
      await place(join(folder, `${path}.br`), await packed(contents));
    }
  };
  await Promise.all([...files].sort().map(one));
  await place(join(folder, "assets.json"), JSON.stringify({ files: table, ...lists }, null, 1) + "\n");
  await sweep(folder, written);
}

async function sweep(folder, written) {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath ?? dirname(folder), entry.name).slice(folder.length + 1);
    if (entry.isFile() && !written.has(path.replaceAll("\\", "/"))) await rm(join(folder, path));
  }
}
