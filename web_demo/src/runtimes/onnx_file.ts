/** The graph of an ONNX file, as gemelo/compare/onnx_file.py reads it: its operations, and the file with more outputs. */

import { dependent, type Step } from "./inside";
import { joined, protobufField, protobufFields, text } from "./protobuf";

// Field numbers of onnx/onnx.proto in the repository onnx/onnx.
const GRAPH = 7;
const [NODE, INITIALIZER, INPUT, OUTPUT] = [1, 5, 11, 12];

/** The operations that depend on the photo; one with several outputs is there once for each. */
export function onnxSteps(file: Uint8Array): Step[] {
  const [graph = new Uint8Array()] = protobufFields(file, GRAPH);
  const weights = new Set(protobufFields(graph, INITIALIZER).map((weight) => texts(weight, 8)[0]));
  const inputs = protobufFields(graph, INPUT).flatMap((value) => texts(value, 1));
  const input = inputs.find((name) => !weights.has(name)) ?? "";
  const steps = protobufFields(graph, NODE).flatMap((node) => {
    const kind = texts(node, 4)[0] ?? "";
    const outputs = texts(node, 2).filter((name) => name !== "");
    return outputs.map((name) => ({ name, kind, inputs: texts(node, 1) }));
  });
  return dependent(steps, input);
}

/** A model with more outputs: protobuf joins a second graph to the first. */
export function withOutputs(file: Uint8Array, names: readonly string[]): Uint8Array<ArrayBuffer> {
  const [graph = new Uint8Array()] = protobufFields(file, GRAPH);
  const own = new Set(protobufFields(graph, OUTPUT).flatMap((value) => texts(value, 1)));
  const added = names.filter((name) => !own.has(name));
  const values = added.map((name) => protobufField(OUTPUT, protobufField(1, new TextEncoder().encode(name))));
  return joined([file, protobufField(GRAPH, joined(values))]);
}

function texts(message: Uint8Array, field: number): string[] {
  return protobufFields(message, field).map((bytes) => text(bytes) ?? "");
}
