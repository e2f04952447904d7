/**
 * THIRD-PARTY-NOTICES.txt: the license of gemelo and of every npm package that the page's code may contain.
 *
 * The list is every installed package that `dependencies` of package.json leads to, so that nobody has to keep one.
 * A package without a license file gets the text of the license that its package.json names, with the copyright
 * line of its own code; one with neither stops the build.
 */

import { readFile, readdir } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";

export const NOTICES = "THIRD-PARTY-NOTICES.txt";
const RULE = "=".repeat(100);
const LICENSE_FILE = /^(licen[cs]e|notice|copying|third.?party)/i;
const COPYRIGHT = /copyright (?:\(c\)|©|[12]\d{3}).*/i;

/** The text of the file, of the project in `here`. */
export async function notices(here) {
  const own = await readFile(join(here, "../LICENSE"), "utf8");
  const packages = await shipped(here);
  const parts = await Promise.all(packages.map((one) => section(here, one)));
  const list = packages.map(({ name, version, license }) => `  ${name} ${version} (${license})`);
  const head = `This software contains gemelo, under the Apache License 2.0, and:\n\n${list.join("\n")}\n`;
  return Buffer.from([head, `gemelo\n\n${own}`, ...parts].join(`\n${RULE}\n\n`));
}

/** The packages that `dependencies` leads to, by name. */
async function shipped(here) {
  const found = new Map();
  const wanted = Object.keys((await described(here)).dependencies);
  while (wanted.length > 0) {
    const name = wanted.pop();
    const folder = join(here, "node_modules", name);
    if (found.has(name) || !existsSync(folder)) continue; // an optional one that was not installed
    const about = await described(folder);
    found.set(name, { name, folder, version: about.version, license: about.license, about });
    wanted.push(...Object.keys(about.dependencies ?? {}));
  }
  return [...found.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
}

async function section(here, { name, folder, version, license, about }) {
  const names = (await readdir(folder)).filter((file) => LICENSE_FILE.test(file)).sort();
  const texts = await Promise.all(names.map((file) => readFile(join(folder, file), "utf8")));
  if (texts.length === 0) texts.push(await standard(here, folder, name, license, about));
  return `${name} ${version}\nLicense: ${license}\n\n${texts.map((text) => text.trimEnd()).join("\n\n")}\n`;
}

/** The license that a package names without having its text. */
async function standard(here, folder, name, license, about) {
  const texts = license.split(" AND ").map((one) => {
    const path = one === "Apache-2.0" ? "../LICENSE" : `build/licenses/${one}.txt`;
    return readFile(join(here, path), "utf8").catch(() => {
      throw new Error(`${name}: there is no license file in it, and no text of ${one} in build/licenses`);
    });
  });
  return [await copyright(folder, about), ...(await Promise.all(texts))].join("\n\n");
}

async function copyright(folder, about) {
  for (const file of [about.main, about.module, about.types].filter(Boolean)) {
    const found = COPYRIGHT.exec(await readFile(join(folder, file), "utf8").catch(() => ""));
    if (found) return found[0].replace(/\s*\*\/.*$/, "").trim();
  }
  const author = about.author?.name ?? about.author;
  if (author) return `Copyright (c) ${author}`;
  throw new Error(`${about.name}: whose copyright it is stands neither in its code nor in its package.json`);
}

async function described(folder) {
  return JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
}
