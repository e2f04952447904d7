/**
 * An esbuild plugin that leaves of TF.js what the operators of our exporter need.
 *
 * exporters/formats/tfjs.py has the one table, WASM_OPERATORS: what is not in it is in no model.json. From it follow the
 * rows of the converter's lists and the cases of its executors; from these, by esbuild's own pruning, the functions of
 * the core; and from those the kernels of the wasm backend. test/operators.test.ts runs every operator of the table.
 */

import { readFileSync } from "node:fs";
import { realpathSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

import esbuild from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const TABLE = join(HERE, "..", "..", "exporters", "formats", "tfjs.py");
// esbuild names files by where they really are.
const PACKAGES = realpathSync(join(HERE, "..", "node_modules", "@tensorflow"));
const CORE = "@tensorflow/tfjs-core";

const OPERATORS = operators();
const NAMESPACES = namespaces();

/** What becomes of a module, by its path in @tensorflow; all that match, in this order. */
const RULES = [
  [/^tfjs-converter\/dist\/operations\/op_list\//, operatorList],
  [/^tfjs-converter\/dist\/operations\/executors\/\w+_executor/, executor],
  [/^tfjs-converter\/dist\/operations\/operation_executor/, namedUtil],
  [/^tfjs-backend-\w+\/dist\/register_all_kernels/, kernels],
  [
    /^tfjs-backend-(webgl|webgpu|cpu)\/dist\/index\./,
    () => 'import "./base"; import "./register_all_kernels";',
  ],
  [/^tfjs-backend-web\w+\/dist\/kernel_utils\/shared\./, takenByName],
  [/^tfjs-backend-webgl\/dist\/shader_compiler\./, takenByName],
  // Small networks gain nothing from threads, and their glue is 36 kB.
  [/^tfjs-backend-wasm\/wasm-out\/.*-threaded-simd\.js/, () => "export default null;"],
  [/^tfjs-backend-wasm\/wasm-out\/.*\.worker/, () => 'export const wasmWorkerContents = "";'],
  // Models come as bytes: nothing is fetched, saved or trained.
  [/^tfjs-core\/dist\/io\/io\./, () => 'export { decodeWeights } from "./io_utils";'],
  [/^tfjs-core\/dist\/optimizers\/register_optimizers/, () => "export function registerOptimizers() {}"],
  [/^tfjs-core\/dist\/platforms\/platform_browser/, withoutStores],
  [/^tfjs-(converter|backend-\w+)\/dist\//, direct],
];

/**
 * @param apart for backends that are loaded later. They bring their own copy of the core, for with a common one everybody
 *   would load what only they use of it. TF.js allows that: its engine, environment and registries are global, whatever
 *   copy comes first.
 */
export function trimTfjs({ apart = false } = {}) {
  const all = apart ? [...RULES, ...APART] : RULES;
  return {
    name: "trim-tfjs",
    setup(build) {
      build.onLoad({ filter: /@tensorflow\/tfjs-.*\.js$/ }, async ({ path }) => {
        const name = relative(PACKAGES, path).replaceAll("\\", "/");
        const rules = all.filter(([filter]) => filter.test(name));
        if (rules.length === 0) return undefined;
        let contents = await readFile(path, "utf8");
        for (const [, rule] of rules) contents = await rule(contents, name);
        return { contents, resolveDir: dirname(path) };
      });
    },
  };
}

/** The platform is global too, and setting it twice prints a warning. */
const APART = [[/^tfjs-core\/dist\/platforms\/platform_/, () => "export {};"]];

/** The operators that our exporter may write. */
export function operators() {
  const [, names] = /^_WASM = """([^"]*)"""/m.exec(readFileSync(TABLE, "utf8")) ?? [];
  if (names === undefined) throw new Error(`no table of operators in ${TABLE}`);
  return new Set(names.split(/\s+/).filter(Boolean));
}

/** The rows of an operator list that are in the table, without the attributes that TF.js does not heed. */
async function operatorList(source) {
  const { json } = await import(`data:text/javascript;base64,${Buffer.from(source).toString("base64")}`);
  const rows = json.filter(({ tfOpName }) => OPERATORS.has(tfOpName));
  for (const row of rows) row.attrs &&= row.attrs.filter(({ notSupported }) => !notSupported);
  return `export const json = ${JSON.stringify(rows)};`;
}

/** An executor without the cases of other operators, its functions imported so that esbuild sees which. */
function executor(source) {
  const image = [];
  const text = source
    .replace(/, ops = tfOps\) =>/, ") =>")
    .replace(CASES, (found) => (namesOf(found).some((name) => OPERATORS.has(name)) ? found : ""))
    .replace(/\bops\.image\.(\w+)/g, (_, name) => (image.push(name), name))
    .replace(/\bops\./g, "tfOps.");
  const files = image.map((name) => [name, name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)]);
  return (
    files.map(([name, file]) => `import { ${name} } from "${CORE}/dist/ops/image/${file}";\n`).join("") + text
  );
}

/** Labels of the switch and what they lead to. */
const CASES = /(?:^ {8}case '\w+':.*\n)+(?:(?! {8}(?:case|default)\b).*\n)*/gm;

function namesOf(cases) {
  return [...cases.matchAll(/^ {8}case '(\w+)':/gm)].map(([, name]) => name);
}

function namedUtil(source) {
  return `import { util } from '${CORE}';\n` + swap(source, /\btfc\.util\b/g, "util");
}

function withoutStores(source) {
  const text = swap(source, /^import \{.*\} from '\.\.\/io\/.*';$/gm, "");
  return swap(text, /^ {4}try \{\s*ModelStoreManagerRegistry\b[^}]*\}\s*catch \(err\) \{\s*\}/gm, "");
}

/** `import { util } from core` becomes `import * as util from core/dist/util`: esbuild prunes only the latter. */
function direct(source) {
  return source.replace(/^import \{([^}]*)\} from '@tensorflow\/tfjs-core';/gm, (_, list) => {
    const names = list.split(",").map((name) => name.trim());
    const lines = names.map((name) =>
      NAMESPACES.has(name)
        ? `import * as ${name} from "${CORE}/dist/${NAMESPACES.get(name)}";`
        : `import { ${name} } from "${CORE}";`,
    );
    return lines.join(" ");
  });
}

function namespaces() {
  const base = readFileSync(join(PACKAGES, "tfjs-core", "dist", "base.js"), "utf8");
  return new Map(
    [...base.matchAll(/^import \* as (\w+) from '\.\/(.*)';/gm)].map(([, name, file]) => [name, file]),
  );
}

/** `const { a: b } = all` becomes `const b = all.a`, for the same reason. */
function takenByName(source) {
  return swap(source, /^const \{(.*?),? \} = (\w+);$/gm, (_, list, all) => {
    const names = list.split(",").map((name) => name.trim().split(": "));
    return `const ${names.map(([name, alias = name]) => `${alias} = ${all}.${name}`).join(", ")};`;
  });
}

/** Registers the kernels that the functions called by the executors name. */
async function kernels(source, name) {
  const needed = await neededKernels();
  const kept = [];
  for (const [line, config, file] of source.matchAll(/^import \{ (\w+) \} from '\.\/(kernels\/\w+)';$/gm)) {
    const text = await readFile(join(PACKAGES, dirname(name), `${file}.js`), "utf8");
    const [, kernel] = /(?:kernelName: '?|create\w+KernelConfig\()(\w+)/.exec(text);
    if (needed.has(kernel)) kept.push([line, config]);
  }
  const lines = [`import { registerKernel } from "${CORE}";`, ...kept.map(([line]) => line)];
  return [...lines, ...kept.map(([, config]) => `registerKernel(${config});`)].join("\n");
}

/** The kernels named by what esbuild leaves of the core where there is no backend at all. */
async function neededKernels() {
  const { metafile } = await esbuild.build({
    absWorkingDir: join(HERE, ".."),
    entryPoints: ["src/runtimes/tfjs.ts"],
    bundle: true,
    format: "esm",
    external: ["@tensorflow/tfjs-backend-*"],
    mainFields: ["module", "main"],
    plugins: [trimTfjs()],
    metafile: true,
    write: false,
  });
  const [{ inputs }] = Object.values(metafile.outputs);
  const paths = Object.keys(inputs).filter(
    (path) => inputs[path].bytesInOutput > 0 && path.includes("tfjs-core/"),
  );
  const names = paths.flatMap((path) => {
    const text = readFileSync(join(HERE, "..", path), "utf8");
    const imported = /^import \{(.*)\} from '.*\/kernel_names';/m.exec(text)?.[1] ?? "";
    return [...imported.split(",").map((name) => name.trim()), ...literals(text)];
  });
  return new Set(names);
}

/** Kernels that a function names by a string of its own. */
function literals(source) {
  return [...source.matchAll(/\brunKernel\('(\w+)'/g)].map(([, name]) => name);
}

function swap(source, from, to) {
  const text = source.replace(from, to);
  if (text === source) throw new Error(`TF.js has changed: nothing matches ${from}`);
  return text;
}
