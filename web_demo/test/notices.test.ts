import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { notices } from "../build/notices.mjs";

const HERE = process.cwd();

test("the notices name every package that the page may contain, each with its license and copyright", async () => {
  const text = (await notices(HERE)).toString();
  const { dependencies } = JSON.parse(await readFile(join(HERE, "package.json"), "utf8"));
  for (const [name, version] of Object.entries(dependencies)) {
    assert.ok(text.includes(`\n${name} ${version}\nLicense: `), name);
  }
  assert.match(text, /\nseedrandom \S+\nLicense: MIT\n/, "what a dependency depends on");
  const sections = text.split(/\n={100}\n\n/).slice(1);
  for (const section of sections) assert.match(section, /copyright/i, section.slice(0, 60));
  assert.match(text, /Copyright \(c\) Microsoft Corporation/);
});
