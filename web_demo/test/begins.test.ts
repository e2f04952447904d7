import assert from "node:assert/strict";
import { test } from "node:test";

import { departure } from "../src/app/compare/layers/departure";
import type { Found } from "../src/app/compare/layers/find";
import { distance, matches, type Precision, type Tensor } from "../src/app/compare/layers/matching";
import { type About, markdown, verdict } from "../src/app/compare/layers/report";
import { words } from "../src/app/compare/layers/words";
import { dependent } from "../src/runtimes/inside";
import { onnxSteps, withOutputs } from "../src/runtimes/onnx_file";
import { tfliteInside } from "../src/runtimes/tflite_file";
import { protobufField as field, protobufFields, joined } from "../src/runtimes/protobuf";

const { signal } = new AbortController();
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

function tensor(name: string, shape: number[], value: (i: number) => number, inputs: string[] = []): Tensor {
  const size = shape.reduce((product, side) => product * side, 1);
  return { name, kind: name, inputs, shape, data: Float32Array.from({ length: size }, (_, i) => value(i)) };
}

const INPUT = tensor("input", [4, 4, 3], (i) => i);
const CONV = tensor("conv", [2, 2, 5], (i) => Math.sin(i));
const RELU = tensor("conv_relu", [2, 2, 5], (i) => Math.max(0, Math.sin(i)));
const DENSE = tensor("dense", [2], (i) => i + 0.5);
const LAYERS = [INPUT, CONV, RELU, DENSE];

/** (rows, columns, channels) as (channels, rows, columns). */
function channelsFirst({ shape: [h = 1, w = 1, c = 1], data, ...rest }: Tensor): Tensor {
  const moved = Array.from(
    { length: data.length },
    (_, i) => data[(i % (h * w)) * c + Math.floor(i / (h * w))],
  );
  return { ...rest, shape: [c, h, w], data: Float32Array.from(moved as number[]) };
}

/** As the fused operations of an artifact: the convolution is there only with its ReLU. */
function artifact(convolution: number, dense: number, noise = 0): Tensor[] {
  const relu = tensor("Relu", [2, 2, 5], (i) => Math.max(0, convolution * Math.sin(i) + noise), ["input"]);
  const sums = tensor("MatMul", [2], (i) => 9 - i, ["Relu"]);
  return [INPUT, channelsFirst(relu), sums, tensor("Add", [2], (i) => dense * (i + 0.5), ["MatMul"])];
}

const found = (ours: Tensor[], passed = false, precision: Precision = "fp32") =>
  departure(ours, LAYERS, precision, passed, signal);

test("a tensor is matched in the layout in which it is nearest", async () => {
  assert.equal(distance(channelsFirst(RELU), RELU), 0);
  assert.equal(distance(DENSE, RELU), Infinity);
  const [match] = await matches([channelsFirst(RELU)], LAYERS, signal);
  assert.equal(match?.tensor, RELU);
});

test("a clean artifact departs nowhere, though it fuses layers and has sums of its own", async () => {
  const { here, matched, tensors, rows } = await found(artifact(1, 1, 1e-6));
  assert.deepEqual([here, matched, tensors], [null, 3, 4]);
  assert.deepEqual(
    rows.map(({ layer, state }) => [layer, state]),
    [
      ["conv", "fused"],
      ["conv_relu", "agrees"],
      ["dense", "agrees"],
    ],
  );
});

test("the first layer that departs is named, by the operation that does its work", async () => {
  const early = await found(artifact(1.1, 0.9));
  assert.deepEqual([early.here?.name, early.last, early.tensor?.name], ["conv", "input", "Relu"]);
  assert.deepEqual(
    early.rows.map(({ state }) => state),
    ["begins", "differs", "differs"],
  );
  const late = await found(artifact(1, 0.9));
  // The sum before the bias is the first that nothing agrees with, nor with what is made of it.
  assert.deepEqual([late.here?.name, late.last, late.tensor?.name], ["dense", "conv_relu", "MatMul"]);
});

test("one that passed is not accused, and eight bits may lose a little", async () => {
  assert.equal((await found(artifact(1.1, 0.9), true)).here, null);
  assert.equal((await found(artifact(1.05, 1.05), false, "int8")).here, null);
  assert.equal((await found(artifact(1, 2), false, "int8")).here?.name, "dense");
});

test("NaN and a range of 8 bits that is too small are where it begins", async () => {
  assert.equal((await found(artifact(NaN, NaN))).here?.name, "conv");
  const whole = tensor("Relu", [2, 2, 5], (i) => Math.min(0.5, Math.max(0, Math.sin(i))), ["input"]);
  const narrow = { ...whole, saturated: 0.3 };
  const { here, tensor: there } = await found([INPUT, narrow], false, "int8");
  assert.deepEqual([here?.name, there?.saturated], ["conv", 0.3]);
});

test("the report is in the words of Python, and nothing in it is markup", async () => {
  const about: About = {
    ...{
      name: "onnx/wasm/fp32",
      reference: null,
      precision: "fp32",
      bundle: "pets",
      runtime: "ONNX Runtime 1",
    },
    ...{ photo: "<b>|a|.png", sha256: null, selfTest: "failed: 0.1", agent: "Tests/1" },
  };
  const more = { passed: false, moved: 2e-5, apart: 0.2, keras: 3e-8 };
  const late: Found = { ...(await found(artifact(1, 0.9))), ...more };
  assert.equal(
    verdict(about, late),
    "onnx/wasm/fp32 departs from the reference at dense (dense), after conv_relu, on which they agree",
  );
  const text = markdown(about, late);
  assert.ok(text.includes("\\<b\\>\\|a\\|.png"));
  assert.ok(text.includes("Looking inside onnx/wasm/fp32 changed its answers by 2.0e-5"));
  assert.ok(text.includes("| conv\\_relu (conv\\_relu) |") || text.includes("| conv_relu (conv_relu) |"));
  const clean: Found = { ...(await found(artifact(1, 1))), ...more };
  assert.match(verdict(about, clean), /as far as tensors can be told apart/);
  assert.match(verdict(about, { ...clean, apart: 1e-7 }), /on this photo/);
  assert.match(verdict(about, { ...clean, passed: true }), /to the end$/);
});

test("both languages say the same things", () => {
  const shape = (value: object): unknown =>
    Object.fromEntries(
      Object.entries(value).map(([key, said]) => [key, typeof said === "object" ? shape(said) : typeof said]),
    );
  assert.deepEqual(shape(words.es), shape(words.en));
});

const node = (kind: string, inputs: string[], outputs: string[]): Uint8Array =>
  field(
    1,
    joined([
      ...inputs.map((name) => field(1, utf8(name))),
      ...outputs.map((name) => field(2, utf8(name))),
      field(4, utf8(kind)),
    ]),
  );
const named = (number: number, name: string): Uint8Array => field(number, field(1, utf8(name)));
const MODEL = field(
  7,
  joined([
    node("Cast", ["stored"], ["weight"]),
    node("Conv", ["image", "weight"], ["conv"]),
    node("Split", ["conv"], ["a", "", "b"]),
    node("Softmax", ["a"], ["answer"]),
    field(5, field(8, utf8("stored"))),
    named(11, "stored"),
    named(11, "image"),
    named(12, "answer"),
  ]),
);

test("an ONNX file's operations are those that depend on the photo, and become outputs, each once", () => {
  const steps = onnxSteps(MODEL);
  assert.deepEqual(
    steps.map(({ name, kind, inputs }) => [name, kind, inputs.join()]),
    [
      ["conv", "Conv", "image"],
      ["a", "Split", "conv"],
      ["b", "Split", "conv"],
      ["answer", "Softmax", "a"],
    ],
  );
  const graphs = protobufFields(
    withOutputs(
      MODEL,
      steps.map(({ name }) => name),
    ),
    7,
  );
  assert.equal(graphs.length, 2);
  const outputs = graphs
    .flatMap((graph) => protobufFields(graph, 12))
    .map((value) => protobufFields(value, 1)[0]);
  assert.deepEqual(
    outputs.map((name) => new TextDecoder().decode(name)),
    ["answer", "conv", "a", "b"],
  );
  assert.deepEqual(dependent(steps, "nothing"), []);
});

test("an ONNX file cut anywhere is read to its end", () => {
  for (let at = 0; at < MODEL.length; at++) onnxSteps(MODEL.slice(0, at));
});

test("what is no TFLite file is damaged, whatever its bytes are", () => {
  const bytes = Uint8Array.from({ length: 400 }, (_, i) => (i * 37) % 251);
  for (let length = 0; length < 400; length += 3) {
    const corrupt = { kind: "corrupt", message: /damaged/ };
    assert.throws(() => tfliteInside(new ArrayBuffer(length)), corrupt);
    assert.throws(() => tfliteInside(bytes.slice(0, length).buffer), corrupt);
  }
});
