/** Reads and checks the `model.json` of a TF.js graph model, so that a damaged one is named, not guessed at. */

import { dependent, type Step } from "./inside";
import { RuntimeError, type Shape } from "./runtime";

export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly quantization?: { readonly dtype: string };
}

interface WeightGroup {
  readonly paths: readonly string[];
  readonly weights: readonly WeightSpec[];
}

interface TensorInfo {
  readonly tensorShape?: { readonly dim?: readonly { readonly size: string | number }[] };
}

interface Signature {
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly outputs: Readonly<Record<string, TensorInfo>>;
}

/** `model.json` as TensorFlow's converter writes it; only what is read here. */
export interface ModelJson {
  readonly format: string;
  readonly modelTopology: object;
  readonly signature: Signature;
  readonly weightsManifest: readonly WeightGroup[];
  readonly userDefinedMetadata?: { readonly labels?: unknown };
}

const BYTES: Readonly<Record<string, number>> = {
  bool: 1,
  uint8: 1,
  uint16: 2,
  float16: 2,
  int32: 4,
  float32: 4,
  complex64: 8,
};

/** The parsed JSON as a graph model, or a RuntimeError that says what it lacks. */
export function parseModel(json: unknown): ModelJson {
  const model = (typeof json === "object" && json !== null ? json : {}) as Partial<ModelJson>;
  if (model.format !== "graph-model") {
    const found = model.format === undefined ? "no format" : JSON.stringify(model.format);
    throw new RuntimeError("corrupt", `model.json is not a TF.js graph model (${found})`);
  }
  const lacking = (["modelTopology", "signature", "weightsManifest"] as const).filter(
    (key) => typeof model[key] !== "object" || model[key] === null,
  );
  if (lacking.length > 0) throw new RuntimeError("corrupt", `model.json has no ${lacking.join(", ")}`);
  return model as ModelJson;
}

/** Names of the weight files, in the order in which their bytes follow one another. */
export function shardPaths(model: ModelJson): string[] {
  return model.weightsManifest.flatMap((group) => group.paths);
}

/** All weights, in the order of their bytes. */
export function weightSpecs(model: ModelJson): WeightSpec[] {
  return model.weightsManifest.flatMap((group) => group.weights);
}

/** A kernel that is stored in 8 bits: a node that multiplies levels by a scale for each channel. */
export interface SpreadKernel {
  readonly name: string;
  readonly levels: string;
  readonly scale: string;
}

/** The kernels that gemelo's exporter has spread over levels and scales (`exporters/tfjs_graph.py`). */
export function spreadKernels(model: ModelJson): SpreadKernel[] {
  return nodesOf(model).flatMap((node) => {
    const [levels, scale] = node?.input ?? [];
    const name = node?.name ?? "";
    const isOne = node?.op === "Mul" && levels === `${name}/levels` && scale === `${name}/scale`;
    return isOne ? [{ name, levels, scale }] : [];
  });
}

/** The graph with those kernels for constants, for who multiplies them beforehand. */
export function withWholeKernels(model: ModelJson, kernels: readonly SpreadKernel[]): object {
  const whole = new Set(kernels.map(({ name }) => name));
  const parts = new Set(kernels.flatMap(({ levels, scale }) => [levels, scale]));
  const attr = { dtype: { type: "DT_FLOAT" } };
  const node = nodesOf(model)
    .filter((each) => !parts.has(each?.name ?? ""))
    .map((each) => (whole.has(each?.name ?? "") ? { name: each?.name, op: "Const", attr } : each));
  return { ...model.modelTopology, node };
}

function nodesOf(model: ModelJson): readonly (Partial<GraphNode> | null)[] {
  const { node } = model.modelTopology as { readonly node?: unknown };
  return Array.isArray(node) ? (node as readonly (Partial<GraphNode> | null)[]) : [];
}

/** The operations that depend on the photo. */
export function stepsOf(model: ModelJson): Step[] {
  const nodes = nodesOf(model).filter((node) => node !== null);
  const nameOf = (name: string): string => name.split(":")[0] ?? name;
  const input = nodes.find(({ op }) => op === "Placeholder")?.name ?? "";
  const steps = nodes.map(({ name = "", op = "", input: inputs = [] }) => {
    return { name, kind: op, inputs: inputs.filter((each) => !each.startsWith("^")).map(nameOf) };
  });
  return dependent(steps, input);
}

interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly input: readonly string[];
}

/** Checks that the weights are as long as model.json says: a cut shard would be read as other numbers. */
export function checkWeights(model: ModelJson, shards: readonly ArrayBuffer[]): void {
  const expected = weightSpecs(model).reduce((sum, spec) => sum + bytesOf(spec), 0);
  const found = shards.reduce((sum, shard) => sum + shard.byteLength, 0);
  if (found !== expected) {
    throw new RuntimeError("corrupt", `weights have ${found} bytes, model.json says ${expected}`);
  }
}

function bytesOf(spec: WeightSpec): number {
  const dtype = spec.quantization?.dtype ?? spec.dtype;
  const bytes = BYTES[dtype];
  if (bytes === undefined) throw new RuntimeError("corrupt", `weight ${spec.name} has the type ${dtype}`);
  return spec.shape.reduce((product, size) => product * size, bytes);
}

/** Labels in index order from `userDefinedMetadata`, or null. */
export function labelsOf(model: ModelJson): string[] | null {
  const labels = model.userDefinedMetadata?.labels;
  return Array.isArray(labels) && labels.every((label) => typeof label === "string") ? labels : null;
}

/** Height, width, channels of the one input. */
export function inputShape(model: ModelJson): Shape {
  const [batch, height, width, channels, ...rest] = onlyShape(model.signature.inputs, "input");
  if (batch === undefined || !height || !width || !channels || rest.length > 0) {
    throw new RuntimeError("corrupt", "the model's input is not (batch, height, width, channels)");
  }
  return [height, width, channels];
}

/** Number of columns of the one output. */
export function outputClasses(model: ModelJson): number {
  const [batch, classes, ...rest] = onlyShape(model.signature.outputs, "output");
  if (batch === undefined || !classes || classes < 0 || rest.length > 0) {
    throw new RuntimeError("corrupt", "the model's output is not (batch, classes)");
  }
  return classes;
}

/** What the signature calls the outputs. */
export function outputNames(model: ModelJson): string[] {
  const names = Object.keys(model.signature.outputs ?? {});
  if (names.length === 0) throw new RuntimeError("corrupt", "the model has no outputs");
  return names;
}

function onlyShape(tensors: Readonly<Record<string, TensorInfo>>, role: string): number[] {
  const infos = Object.values(tensors ?? {});
  if (infos.length !== 1) {
    throw new RuntimeError("corrupt", `the model has ${infos.length} ${role}s where one is expected`);
  }
  return (infos[0]?.tensorShape?.dim ?? []).map((dim) => Number(dim.size));
}
