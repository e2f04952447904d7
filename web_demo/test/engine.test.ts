import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { choices, type Engine, nameOf } from "../src/engine/engine";
import { sha256, sha256Plain } from "../src/engine/sha256";
import { argmax } from "../src/decisions";
import { type Goldens, largestDifference, verify } from "../src/engine/verify";
import { defaultFiles } from "../src/offline/content";
import { type Artifact, fetchFile, type Page, parsePage } from "../src/page";

const PREPROCESSING = {
  ...{ schema: 2, width: 2, height: 1, channels: 3, fit: "squash", filter: "pillow-bilinear" },
  ...{ orientation: "exif", alpha: "over-white", layout: "NHWC", range: [0, 255] },
};

function artifact(format: Artifact["format"], variant: string, change: Partial<Artifact> = {}): Artifact {
  const path = `bundle/${format}/${variant}`;
  const files = { [path]: { bytes: 1, sha256: "" } };
  return {
    ...{
      format,
      variant,
      path,
      files,
      exact: variant === "fp32",
      accuracy: null,
      tolerance: 1e-5,
      allowed_label_changes: 0,
      expected_outputs: null,
    },
    ...change,
  };
}

function page(artifacts: Artifact[], change: object = {}): Page {
  const images = [
    { name: "a", offset: 0, bytes: 1, tensor_sha256: "", probabilities: [0.25, 0.75] },
    { name: "b", offset: 1, bytes: 1, tensor_sha256: "", probabilities: [0.5000001, 0.4999999] },
  ];
  const value = {
    ...{
      schema: 2,
      labels: ["cats", "dogs"],
      preprocessing: PREPROCESSING,
      artifacts,
      layers: null,
      samples: [],
    },
    ...{ runtimes: ["tfjs", "onnx", "litert"], reference: null },
    goldens: { path: "goldens.bin", bytes: 2, sha256: "", images },
    ...change,
  };
  return parsePage(value, "http://page.test/sub/");
}

function verified(answers: number[], change: Partial<Artifact> = {}, strangers: string[] = []) {
  const tested = page([artifact("tfjs", "fp32", change)]);
  const proof = { jpeg: true, webp: false, canvas: true };
  const goldens: Goldens = { tensors: new Uint8Array(12), images: tested.goldens.images, strangers, proof };
  const engine = {
    choice: { runtime: "tfjs", backend: "wasm", variant: "fp32" },
    run: async () => ({ probabilities: Float32Array.from(answers), ms: 1 }),
  };
  return verify(tested, goldens, engine as unknown as Engine);
}

test("our sha256 is the standard's at every length around its blocks, and of a long message", async () => {
  for (const length of [0, 1, 3, 55, 56, 57, 63, 64, 65, 119, 120, 128, 1000, 100_003]) {
    const message = Uint8Array.from({ length }, (_, i) => (i * 131 + length) & 255);
    const expected = createHash("sha256").update(message).digest("hex");
    assert.equal(sha256Plain(message), expected, `${length} bytes`);
    assert.equal(await sha256(message), expected);
  }
});

test("Keras's own answers pass, with the largest difference told", async () => {
  const result = await verified([0.25, 0.75, 0.5000001, 0.4999999]);
  assert.equal(result.passed, true);
  assert.equal(result.maxDifference, 0);
  assert.equal(result.images, 2);
  const near = await verified([0.250003, 0.749997, 0.5000001, 0.4999999]);
  assert.equal(near.passed, true);
  assert.equal(near.expectedDifference, null);
  assert.ok(near.maxDifference > 2e-6 && near.maxDifference < 4e-6);
});

test("a difference over the tolerance, a label change, a NaN and a short answer are refused with their reason", async () => {
  const far = await verified([0.2501, 0.7499, 0.5000001, 0.4999999]);
  assert.equal(far.passed, false);
  assert.equal(far.attribution, "model");
  assert.match(far.reason ?? "", /max difference 0.00010, at most 0.00001 allowed/);
  const change = await verified([0.25, 0.75, 0.4999999, 0.5000001]);
  assert.match(change.reason ?? "", /1 label changes, at most 0 allowed/);
  for (const answers of [
    [0.25, NaN, 0.5, 0.5],
    [0.25, 0.75],
  ]) {
    const broken = await verified(answers);
    assert.equal(broken.passed, false);
    assert.ok(Number.isNaN(broken.maxDifference));
  }
});

test("a golden with other bytes than Python's attributes the preprocessing", async () => {
  const result = await verified([0.25, 0.75, 0.5000001, 0.4999999], {}, ["b"]);
  assert.equal(result.attribution, "preprocessing");
  assert.match(result.reason ?? "", /1 goldens become other bytes here than in Python: b/);
});

test("a quantized artifact is held to its own expected outputs, and its distance from Keras still told", async () => {
  const expected_outputs = [
    [0.4, 0.6],
    [0.45, 0.55],
  ];
  const result = await verified([0.4, 0.6, 0.45, 0.55], { expected_outputs, tolerance: 1e-2 });
  assert.equal(result.passed, true);
  assert.equal(result.labelChanges, 1);
  assert.ok(Math.abs(result.maxDifference - 0.15) < 1e-6);
  assert.ok((result.expectedDifference ?? NaN) < 1e-7);
  const other = await verified([0.42, 0.58, 0.45, 0.55], { expected_outputs, tolerance: 1e-2 });
  assert.equal(other.passed, false);
});

test("every runtime on wasm in fp32 comes first, WebGPU and quantized variants last", () => {
  const formats = ["tfjs", "onnx", "tflite"] as const;
  const all = choices(
    page(formats.flatMap((format) => [artifact(format, "fp32"), artifact(format, "int8")])),
  );
  const names = all.map(nameOf);
  assert.deepEqual(names.slice(0, 4), [
    "tfjs/wasm/fp32",
    "onnx/wasm/fp32",
    "litert/wasm/fp32",
    "tfjs/cpu/fp32",
  ]);
  assert.equal(new Set(names).size, 16);
  assert.match(names.at(-1) ?? "", /webgpu\/int8$/);
  const single = choices(page([artifact("onnx", "int8")], { runtimes: ["onnx"] }));
  assert.deepEqual(single.map(nameOf), ["onnx/wasm/int8", "onnx/webgpu/int8"]);
});

test("what gives Keras's digits in fewer bytes comes before fp32, and a visit without a network keeps it", () => {
  const uint8 = artifact("tfjs", "uint8", { exact: true });
  const all = page([artifact("onnx", "fp32"), uint8, artifact("tfjs", "fp32"), artifact("tfjs", "fp16")]);
  const names = choices(all).map(nameOf);
  assert.deepEqual(names.slice(0, 3), ["tfjs/wasm/uint8", "tfjs/wasm/fp32", "onnx/wasm/fp32"]);
  assert.ok(names.indexOf("tfjs/wasm/fp16") > names.indexOf("onnx/webgpu/fp32"));
  assert.deepEqual(defaultFiles(all, "tfjs"), ["bundle/tfjs/uint8"]);
  const rounded = artifact("tfjs", "uint8");
  assert.deepEqual(defaultFiles(page([artifact("onnx", "int8"), rounded]), "tfjs"), ["bundle/tfjs/uint8"]);
  const both = page([artifact("onnx", "fp32"), rounded]);
  assert.equal(nameOf(choices(both)[0]!), "onnx/wasm/fp32");
  assert.deepEqual(defaultFiles(both, "tfjs"), ["bundle/onnx/fp32"]);
});

test("page.json of another schema, or without its parts, is refused in words", () => {
  assert.throws(() => parsePage({}, ""), /no schema number/);
  assert.throws(() => parsePage(null, ""), /no schema number/);
  assert.throws(() => parsePage({ schema: 3 }, ""), /schema 3, newer than this page's code/);
  assert.throws(() => parsePage({ schema: 2, labels: [] }, ""), /no artifacts, goldens, preprocessing/);
});

test("a file without a hash, or outside the page, is never fetched", async () => {
  const outside = artifact("tfjs", "fp32", { files: { "../../x": { bytes: 1, sha256: "" } } });
  await assert.rejects(fetchFile(page([outside]), "index.html"), /has no hash of index.html/);
  await assert.rejects(fetchFile(page([outside]), "../../x"), /lies outside the page/);
});

test("a file that is not the one that was expected_outputs is refused", async (context) => {
  const bytes = new TextEncoder().encode("model");
  context.mock.method(globalThis, "fetch", async () => new Response(bytes));
  const files = (digest: string): Artifact =>
    artifact("tfjs", "fp32", { files: { m: { bytes: 5, sha256: digest } } });
  const digest = await sha256(bytes);
  assert.equal((await fetchFile(page([files(digest)]), "m")).byteLength, 5);
  await assert.rejects(fetchFile(page([files("0")]), "m"), /m is not the file that was written/);
  context.mock.method(globalThis, "fetch", async () => new Response("", { status: 404 }));
  await assert.rejects(fetchFile(page([files(digest)]), "m"), /m is missing \(HTTP 404\)/);
});

test("the first of equal values is the largest", () => {
  assert.equal(argmax([0.5, 0.5]), 0);
  assert.equal(argmax([0.1, 0.7, 0.2]), 1);
  assert.ok(Number.isNaN(largestDifference(new Float32Array(1), [[0, 1]])));
});
