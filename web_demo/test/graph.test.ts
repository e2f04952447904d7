import assert from "node:assert/strict";
import { test } from "node:test";

import {
  checkWeights,
  inputShape,
  labelsOf,
  outputClasses,
  parseModel,
  shardPaths,
} from "../src/runtimes/graph";
import { CLASSES, SHAPE, tinyModel, tinyShards } from "./tiny";

test("a model says its shape, classes, labels and weight files", () => {
  const model = parseModel(tinyModel());
  assert.deepEqual(inputShape(model), SHAPE);
  assert.equal(outputClasses(model), CLASSES);
  assert.deepEqual(labelsOf(model), ["cats", "dogs"]);
  assert.deepEqual(shardPaths(model), ["shard1.bin", "shard2.bin"]);
  checkWeights(model, tinyShards());
});

test("labels that are not a list of strings are none", () => {
  for (const labels of [undefined, "cats", [1, 2]]) {
    assert.equal(labelsOf(parseModel({ ...tinyModel(), userDefinedMetadata: { labels } })), null);
  }
});

const DAMAGED: [name: string, json: unknown, message: RegExp][] = [
  ["not an object", 7, /not a TF\.js graph model \(no format\)/],
  ["null", null, /not a TF\.js graph model/],
  ["a layers model", { ...tinyModel(), format: "layers-model" }, /graph model \("layers-model"\)/],
  ["no graph", { ...tinyModel(), modelTopology: undefined }, /has no modelTopology/],
  ["no weights, no signature", { format: "graph-model", modelTopology: {} }, /no signature, weightsManifest/],
];

for (const [name, json, message] of DAMAGED) {
  test(`refuses ${name}`, () => assert.throws(() => parseModel(json), { kind: "corrupt", message }));
}

test("refuses two inputs and a flat one", () => {
  const model = parseModel(tinyModel());
  const image = { tensorShape: { dim: [{ size: "-1" }, { size: "12" }] } };
  const inputs = (given: object) =>
    parseModel({ ...model, signature: { ...model.signature, inputs: given } });
  assert.throws(() => inputShape(inputs({ a: image, b: image })), /2 inputs/);
  assert.throws(() => inputShape(inputs({ a: image })), /not \(batch, height, width, channels\)/);
  assert.throws(() => inputShape(inputs({ a: {} })), /not \(batch, height, width, channels\)/);
});

test("refuses weights that are cut, and types it does not know", () => {
  const model = parseModel(tinyModel());
  const [first] = tinyShards() as [ArrayBuffer];
  assert.throws(() => checkWeights(model, [first]), /weights have 40 bytes, model\.json says 104/);
  const odd = {
    ...model,
    weightsManifest: [{ paths: [], weights: [{ name: "w", shape: [], dtype: "string" }] }],
  };
  assert.throws(() => checkWeights(odd, []), /weight w has the type string/);
});

test("counts the bytes of quantized weights", () => {
  const spec = { name: "w", shape: [3, 2], dtype: "float32" };
  for (const [dtype, bytes] of Object.entries({ uint8: 6, uint16: 12, float16: 12 })) {
    const manifest = [{ paths: [], weights: [{ ...spec, quantization: { dtype } }] }];
    checkWeights({ ...parseModel(tinyModel()), weightsManifest: manifest }, [new ArrayBuffer(bytes)]);
  }
});
