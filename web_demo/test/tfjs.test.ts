import assert from "node:assert/strict";
import { dirname, sep } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import type { Session } from "../src/runtimes/runtime";
import { addBackend, backendNames, load, memory, version } from "../src/runtimes/tfjs";
import { largestDifference, tinyBatch, tinyModel, tinyShards } from "./tiny";

addBackend("cpu", () => import("@tensorflow/tfjs-backend-cpu"));

const WASM_PATH = dirname(fileURLToPath(import.meta.url)) + sep;

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
