/** Which choices are tried: all that fits what was asked for and nothing else, or for a page what must show something. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { type Choice, nameOf } from "../src/engine/engine";
import { fittingOnly, NoEngineError, wantedFirst } from "../src/engine/start";
import type { Page } from "../src/page";

const artifacts = [
  { format: "tfjs", variant: "fp32", exact: true },
  { format: "onnx", variant: "fp32", exact: true },
  { format: "onnx", variant: "int8", exact: false },
];
const PAGE = { artifacts, runtimes: ["tfjs", "onnx"] } as unknown as Page;

const tried = (wanted: Partial<Choice>): string[] => fittingOnly(PAGE, wanted).map(nameOf);

test("what is asked for is tried in the page's order, GPUs only by name", () => {
  assert.deepEqual(tried({}), ["tfjs/wasm/fp32", "onnx/wasm/fp32", "tfjs/cpu/fp32", "onnx/wasm/int8"]);
  assert.deepEqual(tried({ runtime: "onnx" }), ["onnx/wasm/fp32", "onnx/wasm/int8"]);
  assert.deepEqual(tried({ variant: "fp32" }), ["tfjs/wasm/fp32", "onnx/wasm/fp32", "tfjs/cpu/fp32"]);
  assert.deepEqual(tried({ runtime: "onnx", variant: "int8" }), ["onnx/wasm/int8"]);
  assert.deepEqual(tried({ backend: "webgpu", variant: "fp32" }), ["tfjs/webgpu/fp32", "onnx/webgpu/fp32"]);
});

test("what is undefined was not asked for", () => {
  assert.deepEqual(tried({ runtime: undefined } as unknown as Partial<Choice>), tried({}));
});

test("what the page does not have is an error that says what it has", () => {
  for (const wanted of [{ runtime: "litert" }, { runtime: "onnx", backend: "cpu" }, { variant: "int2" }]) {
    assert.throws(
      () => tried(wanted as Partial<Choice>),
      (thrown: Error) =>
        thrown instanceof NoEngineError &&
        thrown.message.includes("runtime tfjs or onnx, backend wasm or cpu or webgl or webgpu"),
    );
  }
});

test("a page tries what was chosen first and then falls back to what is safe", () => {
  const wanted = { runtime: "onnx", backend: "webgpu", variant: "int8" } as const;
  const names = wantedFirst(PAGE, wanted).map(nameOf);
  assert.deepEqual(names, ["onnx/webgpu/int8", ...tried({})]);
  assert.deepEqual(wantedFirst(PAGE).map(nameOf), tried({}));
});
