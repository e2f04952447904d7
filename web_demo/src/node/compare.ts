/**
 * The process that `gemelo compare` drives: one TF.js model of anybody's, graph or layers, with the whole of TF.js.
 *
 * Frames as in frames.ts:
 *
 *     {op: "open", model: path, backend}     {ok: true, tfjs, format, inputs, outputs, nodes, weights}
 *     {op: "run", shape, names} + images     {ok: true, tensors: [{name, shape}]} + the tensors one after another
 *
 * Of a graph, `names` are those of its nodes; of layers, their own. What fails is answered with {ok: false, kind, message}.
 */

import { Console } from "node:console";

import "@tensorflow/tfjs-backend-cpu";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { GraphModel } from "@tensorflow/tfjs-converter";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops";
import {
  type LayersModel,
  loadLayersModel,
  model as joined,
  type SymbolicTensor,
} from "@tensorflow/tfjs-layers";

import { messageOf, RuntimeError } from "../runtimes/runtime";
import { readFiles, wasmPaths } from "./files";
import { encodeFrame, type Frame, FrameReader } from "./frames";

interface Place {
  readonly name: string;
  readonly shape: readonly (number | null)[] | null;
  readonly dtype: string;
}

interface Node {
  readonly name: string;
  readonly kind: string;
  readonly inputs: readonly string[];
}

interface About {
  readonly format: string;
  readonly inputs: readonly Place[];
  readonly outputs: readonly Place[];
  readonly nodes: readonly Node[];
  readonly weights: readonly string[];
}

interface Opened {
  readonly about: About;
  run(images: tf.Tensor, names: readonly string[]): tf.Tensor[];
}

interface ModelJson {
  readonly format?: string;
  readonly modelTopology: {
    readonly node?: readonly { name: string; op: string; input?: readonly string[] }[];
  };
  readonly weightsManifest?: readonly {
    readonly paths: readonly string[];
    readonly weights: readonly {
      readonly dtype: string;
      readonly quantization?: { readonly dtype: string };
    }[];
  }[];
}

// stdout carries frames and nothing else.
globalThis.console = new Console(process.stderr, process.stderr);

let opened: Opened | null = null;

async function open({ header }: Frame): Promise<Buffer> {
  const path = String(header["model"]);
  try {
    await start(String(header["backend"]));
    opened = await load(path);
  } catch (thrown) {
    const kind = thrown instanceof RuntimeError ? thrown.kind : "runtime";
    throw new RuntimeError(kind, `TF.js cannot load it: ${messageOf(thrown)}`, { cause: thrown });
  }
  return encodeFrame({ ok: true, tfjs: tf.version_core, ...opened.about });
}

async function start(backend: string): Promise<void> {
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  setWasmPaths({ ...wasmPaths(), "tfjs-backend-wasm-threaded-simd.wasm": "" } as Parameters<
    typeof setWasmPaths
  >[0]);
  if (!(await tf.setBackend(backend))) throw new Error(`the backend ${backend} does not start`);
}

async function load(path: string): Promise<Opened> {
  const { json, shards } = await readFiles(path, (value) =>
    ((value as ModelJson).weightsManifest ?? []).flatMap(({ paths }) => paths),
  );
  const value = json as ModelJson;
  const specs = (value.weightsManifest ?? []).flatMap(({ weights }) => weights);
  const artifacts = { ...value, weightSpecs: specs, weightData: shards } as unknown as tf.io.ModelArtifacts;
  const weights = specs.map(({ dtype, quantization }) => quantization?.dtype ?? dtype);
  const isGraph = value.format === "graph-model" || value.modelTopology.node !== undefined;
  return isGraph ? graph(value, artifacts, weights) : layers(artifacts, weights);
}

function graph(value: ModelJson, artifacts: tf.io.ModelArtifacts, weights: string[]): Opened {
  const model = new GraphModel({ load: () => artifacts } as tf.io.IOHandlerSync);
  model.load();
  const nodes = (value.modelTopology.node ?? []).map(({ name, op, input }) => ({
    name,
    kind: op,
    inputs: (input ?? []).filter((each) => !each.startsWith("^")).map((each) => each.split(":")[0] ?? each),
  }));
  const place = ({ name, shape, dtype }: { name: string; shape?: number[]; dtype: string }): Place => ({
    name: name.split(":")[0] ?? name,
    shape: shape ?? null,
    dtype,
  });
  const about = {
    format: "graph-model",
    inputs: model.inputs.map(place),
    outputs: model.outputs.map(place),
    nodes,
    weights,
  };
  return {
    about,
    run: (images, names) => [model.execute(images, [...names])].flat(),
  };
}

async function layers(artifacts: tf.io.ModelArtifacts, weights: string[]): Promise<Opened> {
  const model = await loadLayersModel({ load: () => Promise.resolve(artifacts) });
  const leaves = flat(model);
  const about = {
    format: "layers-model",
    inputs: model.inputs.map(symbolic),
    outputs: model.outputs.map(symbolic),
    nodes: leaves.map(({ name, kind, inputs }) => ({ name, kind, inputs })),
    weights,
  };
  const places = new Map(leaves.map(({ name, output }) => [name, output]));
  model.outputs.forEach((output) => places.set(output.name, output));
  return {
    about,
    run(images, names) {
      const outputs = names.map((name) => places.get(name) as SymbolicTensor);
      const inside = joined({ inputs: model.inputs, outputs });
      return [inside.predict(images) as tf.Tensor | tf.Tensor[]].flat();
    },
  };
}

function symbolic({ name, shape, dtype }: SymbolicTensor): Place {
  return { name, shape, dtype };
}

/** The layers in the order of the data, each with the layers before it; models within the model stay whole. */
function flat(model: LayersModel): (Node & { output: SymbolicTensor })[] {
  const makers = new Map(model.inputs.map((input) => [input.name, input.name]));
  return model.layers.flatMap((layer) => {
    const output = [layer.output].flat()[0];
    if (output === undefined) return [];
    const kind = layer.getClassName();
    const inputs =
      kind === "InputLayer" ? [] : [layer.input].flat().map(({ name }) => makers.get(name) ?? name);
    if (kind !== "InputLayer") makers.set(output.name, layer.name);
    return [{ name: layer.name, kind, inputs, output }];
  });
}

async function run({ header, payload }: Frame): Promise<Buffer> {
  if (opened === null) throw new RuntimeError("input", "no model was opened");
  const { about, run: answer } = opened;
  const names = header["names"] as string[];
  const dtype = about.inputs[0]?.dtype === "int32" ? "int32" : "float32";
  const outputs = tf.tidy(() => answer(tf.tensor(payload, header["shape"] as number[], dtype), names));
  const values = await Promise.all(outputs.map(async (output) => Float32Array.from(await output.data())));
  const tensors = outputs.map(({ shape }, i) => ({ name: names[i], shape }));
  outputs.forEach((output) => output.dispose());
  const whole = new Float32Array(values.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const value of values) {
    whole.set(value, at);
    at += value.length;
  }
  return encodeFrame({ ok: true, tensors }, whole);
}

const OPERATIONS: Readonly<Record<string, (frame: Frame) => Promise<Buffer>>> = { open, run };

async function answer(frame: Frame): Promise<Buffer> {
  try {
    const operation = OPERATIONS[String(frame.header["op"])];
    if (operation === undefined)
      throw new RuntimeError("input", `no operation ${String(frame.header["op"])}`);
    return await operation(frame);
  } catch (thrown) {
    const expected = thrown instanceof RuntimeError;
    const message = (expected ? "" : "TF.js: ") + messageOf(thrown);
    return encodeFrame({ ok: false, kind: expected ? thrown.kind : "runtime", message });
  }
}

async function serve(): Promise<void> {
  const reader = new FrameReader();
  for await (const chunk of process.stdin) {
    for (const frame of reader.push(chunk as Buffer)) {
      const bytes = await answer(frame);
      await new Promise<void>((done) => process.stdout.write(bytes, () => done()));
    }
  }
}

// Who asked is gone: nobody is left to hear of it.
process.stdout.on("error", () => process.exit(1));

serve().then(
  () => process.exit(0),
  () => process.exit(1),
);
