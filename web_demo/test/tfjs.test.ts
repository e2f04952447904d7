import assert from "node:assert/strict";
import { test } from "node:test";

import { wasmPaths } from "../src/node/files";
import type { Session } from "../src/runtimes/runtime";
import { addBackend, backendNames, load, memory, version } from "../src/runtimes/tfjs";
import { largestDifference, MATRIX, tinyBatch, tinyModel, tinyShards } from "./tiny";

addBackend("cpu", () => import("@tensorflow/tfjs-backend-cpu"));

const WASM_PATH = wasmPaths();

function open(backend: string): Promise<Session> {
  return load(tinyModel(), tinyShards(), { backend, assets: WASM_PATH });
}

async function checkAnswers(session: Session, count: number): Promise<void> {
  const { images, expected } = tinyBatch(count);
  const found = await session.run(images, count);
  assert.ok(largestDifference(found, expected) < 1e-6, `${session.backend}: ${found} for ${expected}`);
}

test("version", () => assert.match(version(), /^4\.\d+\.\d+$/));

for (const backend of backendNames()) {
  test(`${backend} answers batches as computed by hand`, async () => {
    const session = await open(backend);
    assert.deepEqual([session.classes, session.labels], [2, ["cats", "dogs"]]);
    for (const count of [1, 2, 33]) await checkAnswers(session, count);
    session.close();
  });

  test(`${backend} keeps no tensor over 1,000 runs`, async () => {
    const session = await open(backend);
    await checkAnswers(session, 4);
    const before = session.memory();
    for (let i = 0; i < 1000; i++) await session.run(tinyBatch(4).images, 4);
    assert.deepEqual(session.memory(), before);
    session.close();
  });
}

test("a closed session leaves nothing behind", async () => {
  const before = memory();
  const session = await open("wasm");
  assert.ok(session.memory().tensors > before.tensors);
  session.close();
  session.close();
  assert.deepEqual(memory(), before);
  await assert.rejects(session.run(tinyBatch(1).images, 1), /closed/);
});

test("a kernel of 8 bits is multiplied once, when the model is loaded", async () => {
  const before = memory();
  const { model, shards, matrix } = spread();
  const session = await load(model, shards, { backend: "wasm", assets: WASM_PATH });
  // Levels and scales are gone: what is left is the shape of the flatten and the matrix, in float32.
  assert.deepEqual(session.memory(), {
    tensors: before.tensors + 2,
    bytes: before.bytes + 8 + 4 * matrix.length,
  });
  const { images, expected } = tinyBatch(3, matrix);
  for (let i = 0; i < 3; i++) {
    const found = await session.run(images, 3);
    assert.ok(largestDifference(found, expected) < 1e-6, `${found} for ${expected}`);
  }
  session.close();
  assert.deepEqual(memory(), before);
});

/** The tiny model with its matrix as `exporters/tfjs_graph.py` writes it, and what that makes of the matrix. */
function spread(): { model: Record<string, unknown>; shards: ArrayBuffer[]; matrix: Float32Array } {
  const model = tinyModel();
  const { node } = model.modelTopology as {
    node: { name: string; op: string; attr: object; input?: string[] }[];
  };
  const at = node.findIndex(({ name }) => name === "matrix");
  const { attr } = node[at]!;
  node.splice(
    at,
    1,
    { name: "matrix/levels", op: "Const", attr },
    { name: "matrix/scale", op: "Const", attr },
    {
      name: "matrix",
      op: "Mul",
      attr: { T: { type: "DT_FLOAT" } },
      input: ["matrix/levels", "matrix/scale"],
    },
  );
  const scale = Float32Array.of(1e-4, 3e-5);
  const stored = Uint8Array.from({ length: MATRIX.length }, (_, i) => 1 + ((i * 53) % 255));
  const matrix = Float32Array.from(stored, (level, i) => (level - 128) * scale[i % 2]!);
  const quantization = { dtype: "uint8", min: -128, scale: 1, original_dtype: "float32" };
  model.weightsManifest = [
    {
      paths: ["shard1.bin"],
      weights: [
        { name: "flat", shape: [2], dtype: "int32" },
        { name: "matrix/levels", shape: [MATRIX.length / 2, 2], dtype: "float32", quantization },
        { name: "matrix/scale", shape: [2], dtype: "float32" },
      ],
    },
  ];
  const bytes = new Uint8Array(8 + stored.length + 8);
  bytes.set(new Uint8Array(Int32Array.of(-1, MATRIX.length / 2).buffer));
  bytes.set(stored, 8);
  bytes.set(new Uint8Array(scale.buffer), 8 + stored.length);
  return { model, shards: [bytes.buffer], matrix };
}

test("sessions on two backends answer at the same time", async () => {
  const sessions = await Promise.all(backendNames().map(open));
  const both = [...sessions, ...sessions, ...sessions];
  await Promise.all(both.map((session, i) => checkAnswers(session, i + 1)));
  sessions.forEach((session) => session.close());
});

test("refuses a batch of the wrong length, and keeps no tensor of it", async () => {
  const session = await open("wasm");
  const before = session.memory();
  for (const count of [0, -1, 1.5, 3, NaN]) {
    await assert.rejects(session.run(tinyBatch(2).images, count), { kind: "input", message: /2, 2, 3/ });
  }
  assert.deepEqual(session.memory(), before);
  session.close();
});

test("refuses a backend that is not there", async () => {
  await assert.rejects(open("abacus"), {
    kind: "input",
    message: /no backend abacus: there is wasm, cpu/,
  });
  await (await open("wasm")).run(tinyBatch(1).images, 1);
});

test("names an operation that TF.js does not know", async () => {
  const text = JSON.stringify(tinyModel()).replace('"op":"Softmax"', '"op":"Softmux"');
  const session = await load(JSON.parse(text), tinyShards(), { assets: WASM_PATH });
  await assert.rejects(session.run(tinyBatch(1).images, 1), /Softmux/);
  session.close();
});

test("a damaged graph leaves nothing behind", async () => {
  const before = memory();
  const damaged = { ...tinyModel(), modelTopology: { node: 7 } };
  await assert.rejects(load(damaged, tinyShards(), { assets: WASM_PATH }), {
    kind: "corrupt",
    message: /its graph is damaged/,
  });
  assert.deepEqual(memory(), before);
});
