import assert from "node:assert/strict";
import { test } from "node:test";

import { wasmPaths } from "../src/node/files";
import { loadLayers } from "../src/runtimes/layers";
import { memory } from "../src/runtimes/tfjs";
import { largestDifference, MATRIX, tinyBatch, tinyModel, tinyShards } from "./tiny";

const ASSETS = wasmPaths();
const ENTRY = "bundle/layers/tfjs/model.json";

/** The tiny model with an output for each of its nodes, by names of its own. */
function files(): Map<string, ArrayBuffer> {
  const json = tinyModel();
  const names = { flatten: "row:0", dense: "logits:0", probabilities: "probabilities:0" };
  const outputs = Object.fromEntries(Object.entries(names).map(([key, name]) => [key, { name }]));
  const text = JSON.stringify({ ...json, signature: { ...(json["signature"] as object), outputs } });
  const shards = tinyShards().map((shard, i) => [`bundle/layers/tfjs/shard${i + 1}.bin`, shard] as const);
  return new Map([[ENTRY, new TextEncoder().encode(text).buffer as ArrayBuffer], ...shards]);
}

test("gives every output by its name, without the batch", async () => {
  const session = await loadLayers(ENTRY, files(), { assets: ASSETS });
  const { images, expected } = tinyBatch(1);
  const outputs = await session.run(images);
  assert.deepEqual(
    [...outputs].map(([name, { shape }]) => [name, shape]),
    [
      ["flatten", [12]],
      ["dense", [2]],
      ["probabilities", [2]],
    ],
  );
  assert.deepEqual(outputs.get("flatten")?.data, images);
  assert.ok(largestDifference(outputs.get("probabilities")?.data ?? [], expected) < 1e-6);
  session.close();
  assert.deepEqual(memory(), { tensors: 0, bytes: 0 });
  await assert.rejects(session.run(images), { kind: "runtime", message: /closed/ });
});

test("gives weights by their names, and keeps no tensor of it", async () => {
  const session = await loadLayers(ENTRY, files(), { assets: ASSETS });
  const before = memory();
  assert.deepEqual(await session.weight("matrix"), { shape: [12, 2], data: MATRIX });
  await assert.rejects(session.weight("kernel"), { kind: "input", message: /no weight kernel/ });
  await assert.rejects(session.run(new Float32Array(3)), {
    kind: "input",
    message: /one image of 12 values/,
  });
  assert.deepEqual(memory(), before);
  session.close();
});

test("names a file that is not there, and JSON that is none", async () => {
  const some = files();
  some.delete("bundle/layers/tfjs/shard2.bin");
  const missing = { kind: "missing", message: /shard2\.bin is missing/ };
  await assert.rejects(loadLayers(ENTRY, some, { assets: ASSETS }), missing);
  some.set(ENTRY, (some.get(ENTRY) as ArrayBuffer).slice(0, 100));
  const corrupt = { kind: "corrupt", message: /model\.json is not JSON/ };
  await assert.rejects(loadLayers(ENTRY, some, { assets: ASSETS }), corrupt);
});
