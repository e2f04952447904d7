/** Every operator that our exporter may write has what it needs in the trimmed TF.js: it is run, on two backends. */

import assert from "node:assert/strict";
import { test } from "node:test";

import * as tf from "@tensorflow/tfjs-core";

import { wasmPaths } from "../src/node/files";
import { type ModelJson, parseModel } from "../src/runtimes/graph";
import { addBackend, onBackend, openGraph } from "../src/runtimes/tfjs";
import { type Example, EXAMPLES, type Values } from "./operations";

/** WASM_OPERATORS of exporters/formats/tfjs.py, see run.mjs. */
declare const __OPERATORS__: readonly string[];

addBackend("cpu", () => import("@tensorflow/tfjs-backend-cpu"));

const ASSETS = wasmPaths();
const IN_EVERY_GRAPH = ["Const", "Placeholder"];
const TYPES = { float32: "DT_FLOAT", int32: "DT_INT32", bool: "DT_BOOL" } as const;

/** A graph of one operator: its first input is fed, the others are weights. */
function graphOf(op: string, { inputs, attributes, outputs }: Example): ModelJson {
  const ends = inputs.map(({ dtype, shape }, i) => ({
    name: `input${i}`,
    op: i === 0 ? "Placeholder" : "Const",
    attr: {
      dtype: { type: TYPES[dtype] },
      shape: { shape: { dim: shape.map((length) => ({ size: String(length) })) } },
    },
  }));
  const node = { name: "node", op, input: ends.map(({ name }) => name), attr: attributes };
  const names = Array.from({ length: outputs }, (_, i) => `node:${i}`);
  return parseModel({
    format: "graph-model",
    modelTopology: { node: [...ends, node], library: {}, versions: {} },
    signature: {
      inputs: inputs.length > 0 ? { input0: { name: "input0:0" } } : {},
      outputs: Object.fromEntries(names.map((name) => [name, { name }])),
    },
    weightsManifest: [
      {
        paths: ["weights.bin"],
        weights: inputs.slice(1).map(({ shape, dtype }, i) => ({ name: `input${i + 1}`, shape, dtype })),
      },
    ],
  });
}

function bytesOf({ values, dtype }: Values): Uint8Array {
  if (dtype === "bool") return Uint8Array.from(values);
  return new Uint8Array((dtype === "int32" ? Int32Array : Float32Array).from(values).buffer);
}

async function run(
  op: string,
  example: Example,
  backend: string,
): Promise<{ shape: number[]; data: number[] }[]> {
  const model = graphOf(op, example);
  const [fed, ...weights] = example.inputs;
  const shard = new Uint8Array(weights.flatMap((values) => [...bytesOf(values)])).buffer;
  const graph = await openGraph(model, [shard], { backend, assets: ASSETS });
  return onBackend(backend, ASSETS, async () => {
    const feed = fed && tf.tensor([...fed.values], [...fed.shape], fed.dtype);
    const names = Object.keys(model.signature.outputs);
    const outputs = [graph.execute(feed ? { input0: feed } : {}, names)].flat();
    const found = outputs.map((output) => ({ shape: output.shape, data: [...output.dataSync()] }));
    graph.dispose();
    tf.dispose([outputs, feed ?? []]);
    return found;
  });
}

test("there is an example of every operator of the table, and of no other", () => {
  assert.deepEqual([...EXAMPLES.keys(), ...IN_EVERY_GRAPH].sort(), [...__OPERATORS__].sort());
});

for (const [op, example] of EXAMPLES) {
  test(`${op} runs on wasm as on cpu`, async () => {
    const [wasm, cpu] = [await run(op, example, "wasm"), await run(op, example, "cpu")];
    assert.equal(wasm.length, example.outputs);
    wasm.forEach(({ shape, data }, i) => {
      assert.deepEqual(shape, cpu[i]?.shape);
      assert.ok(data.length > 0 && data.every(Number.isFinite), `${data}`);
      const difference = Math.max(...data.map((value, at) => Math.abs(value - (cpu[i]?.data[at] ?? NaN))));
      assert.ok(difference <= 1e-5, `${difference}: ${data} for ${cpu[i]?.data}`);
    });
  });
}

test("an operator that is not in the table is not in the code", async () => {
  const [sine] = [EXAMPLES.get("Tanh") as Example];
  await assert.rejects(run("Sin", sine, "wasm"), /Sin/);
});
