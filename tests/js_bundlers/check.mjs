/**
 * What publint and attw say of a package's folder, as JSON: nothing, where it is well made.
 *
 *     node check.mjs FOLDER
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { checkPackage, Package } from "@arethetypeswrong/core";
import { publint } from "publint";

const [folder] = process.argv.slice(2);
const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
const { messages } = await publint({ pkgDir: folder, strict: true, pack: false });

// attw looks at no more than these.
const read = (file) => [`/node_modules/${name}/${file}`, readFileSync(join(folder, file), "utf8")];
const files = Object.fromEntries(["package.json", "gemelo.js", "gemelo.d.ts"].map(read));
const { types, problems } = await checkPackage(new Package(files, name, version));

console.log(
  JSON.stringify({
    publint: messages.map(({ code, type }) => `${type}: ${code}`),
    types: types.kind,
    // An ES module alone, which CommonJS can only import: `attw --profile esm-only` allows it too.
    attw: problems.filter(({ kind }) => kind !== "CJSResolvesToESM"),
  }),
);
