/** Builds the tests and the server into a temporary folder and runs them with Node's own runner. */

import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import esbuild from "esbuild";

import { describeRuntimes } from "../build/descriptions.mjs";
import { operators } from "../build/trim.mjs";
import { buildNode, copyWasm, HERE, NODE_OPTIONS } from "../build.mjs";

const folder = await mkdtemp(join(tmpdir(), "gemelo-web-test-"));
try {
  process.exitCode = await run(await build());
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function build() {
  const names = (await readdir(join(HERE, "test"))).filter((name) => name.endsWith(".test.ts"));
  const described = Object.entries(await describeRuntimes(HERE));
  const runtimes = Object.fromEntries(described.map(([name, one]) => [name, { ...one, files: {} }]));
  await buildNode(folder);
  await copyWasm(folder);
  await esbuild.build({
    ...NODE_OPTIONS,
    entryPoints: names.map((name) => join("test", name)),
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    define: { __OPERATORS__: JSON.stringify([...operators()]), __RUNTIMES__: JSON.stringify(runtimes) },
    sourcemap: "inline",
  });
  return names.map((name) => join(folder, name.replace(/\.ts$/, ".mjs")));
}

function run(files) {
  const child = spawn(
    process.execPath,
    ["--enable-source-maps", "--test", "--test-reporter=spec", ...files],
    { stdio: "inherit" },
  );
  return new Promise((done) => child.on("exit", (code) => done(code ?? 1)));
}
