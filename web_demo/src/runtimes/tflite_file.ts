/** The graph of a TFLite file: its operations, and the file with the outputs of all of them. */

import { dependent, type Step } from "./inside";
import { RuntimeError } from "./runtime";

/** Of the tables of tflite/schema.fbs, the numbers of the fields that are read. */
const MODEL = { codes: 1, subgraphs: 2, signatures: 7 };
const SUBGRAPH = { tensors: 0, inputs: 1, outputs: 2, operators: 3 };
const TENSOR = { type: 1, name: 3 };
const OPERATOR = { code: 0, inputs: 1, outputs: 2 };
const CODE = { old: 0, code: 3 };
const FLOAT32 = 0;
/** Of TensorType: uint8, int16, int8. */
const FEW_BITS = [3, 7, 9];
/** The names of the built-in operators that classifiers use. Others are shown by number. */
const KINDS: Readonly<Record<number, string>> = {
  ...{
    0: "ADD",
    1: "AVERAGE_POOL_2D",
    2: "CONCATENATION",
    3: "CONV_2D",
    4: "DEPTHWISE_CONV_2D",
    6: "DEQUANTIZE",
  },
  ...{ 9: "FULLY_CONNECTED", 14: "LOGISTIC", 17: "MAX_POOL_2D", 18: "MUL", 19: "RELU", 21: "RELU6" },
  ...{
    22: "RESHAPE",
    25: "SOFTMAX",
    28: "TANH",
    34: "PAD",
    39: "TRANSPOSE",
    40: "MEAN",
    41: "SUB",
    42: "DIV",
  },
  ...{ 43: "SQUEEZE", 114: "QUANTIZE", 117: "HARD_SWISH", 150: "GELU" },
};

export interface TfliteInside {
  readonly steps: readonly Step[];
  /** The same model with the outputs of these steps, in their order, in place of its own. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

interface TfliteTensor {
  readonly type: number;
  readonly name: string;
}

/** What `file` computes in float32 of the photo; a RuntimeError where it computes in 8 bits, or is damaged. */
export function tfliteInside(file: ArrayBuffer): TfliteInside {
  try {
    return inside(new Flatbuffer(new DataView(file)));
  } catch (thrown) {
    // A place outside the file.
    if (!(thrown instanceof RangeError)) throw thrown;
    throw new RuntimeError("corrupt", "the TFLite file is damaged", { cause: thrown });
  }
}

function inside(file: Flatbuffer): TfliteInside {
  const model = file.offset(0);
  const graph = file.tables(model, MODEL.subgraphs)[0] ?? 0;
  const tensors = tensorsOf(file, graph);
  const nameOf = (index: number): string => tensors[index]?.name ?? "";
  const kinds = file.tables(model, MODEL.codes).map((code) => {
    return file.int(code, CODE.code) || file.byte(code, CODE.old);
  });
  const all = file.tables(graph, SUBGRAPH.operators).flatMap((operator) => {
    const kind = kinds[file.int(operator, OPERATOR.code)] ?? -1;
    const inputs = file.ints(operator, OPERATOR.inputs).map(nameOf);
    const outputs = file.ints(operator, OPERATOR.outputs).map(nameOf);
    return outputs.map((name) => ({ name, kind: KINDS[kind] ?? `operator ${kind}`, inputs }));
  });
  const steps = dependent(all, nameOf(file.ints(graph, SUBGRAPH.inputs)[0] ?? -1));
  const indices = new Map(tensors.map(({ name }, index) => [name, index]));
  const typeOf = ({ name }: Step): number => tensors[indices.get(name) ?? -1]?.type ?? -1;
  if (steps.some((step) => FEW_BITS.includes(typeOf(step)))) {
    throw new RuntimeError("runtime", { code: "engine.eight-bits", parameters: {} });
  }
  const shown = steps.filter((step) => typeOf(step) === FLOAT32);
  const bytes = file.withInts(
    graph,
    SUBGRAPH.outputs,
    shown.map(({ name }) => indices.get(name) ?? 0),
  );
  // Without signatures the graph's own outputs count.
  return { steps: shown, bytes: file.emptied(bytes, model, MODEL.signatures) };
}

/** The tensors, each with a name of its own; converters join those of fused layers with `;`. */
function tensorsOf(file: Flatbuffer, graph: number): TfliteTensor[] {
  const names = new Set<string>();
  return file.tables(graph, SUBGRAPH.tensors).map((table, i) => {
    const own = file.text(table, TENSOR.name).split(";")[0] ?? "";
    const name = own === "" || names.has(own) ? `${own} (tensor ${i})`.trim() : own;
    names.add(name);
    return { type: file.byte(table, TENSOR.type), name };
  });
}

/** As much of the flatbuffers format as is needed: tables, their vectors and their numbers. */
class Flatbuffer {
  constructor(private readonly view: DataView) {}

  /** What the offset at a place leads to. */
  offset(at: number): number {
    return at + this.view.getUint32(at, true);
  }

  byte(table: number, field: number): number {
    const at = this.place(table, field);
    return at === 0 ? 0 : this.view.getUint8(at);
  }

  int(table: number, field: number): number {
    const at = this.place(table, field);
    return at === 0 ? 0 : this.view.getInt32(at, true);
  }

  ints(table: number, field: number): number[] {
    return this.elements(table, field).map((at) => this.view.getInt32(at, true));
  }

  tables(table: number, field: number): number[] {
    return this.elements(table, field).map((at) => this.offset(at));
  }

  text(table: number, field: number): string {
    const at = this.place(table, field);
    if (at === 0) return "";
    const start = this.offset(at);
    const bytes = new Uint8Array(this.view.buffer, start + 4, this.view.getUint32(start, true));
    return new TextDecoder().decode(bytes);
  }

  /** The file with other numbers in a vector, which goes to its end. */
  withInts(table: number, field: number, values: readonly number[]): Uint8Array<ArrayBuffer> {
    const start = Math.ceil(this.view.byteLength / 4) * 4;
    const bytes = new Uint8Array(start + 4 + 4 * values.length);
    bytes.set(new Uint8Array(this.view.buffer));
    const written = new DataView(bytes.buffer);
    [values.length, ...values].forEach((value, i) => written.setInt32(start + 4 * i, value, true));
    const at = this.place(table, field);
    if (at === 0) throw new RangeError("a field is missing");
    written.setUint32(at, start - at, true);
    return bytes;
  }

  /** A copy of the file in which a vector has no elements. */
  emptied(bytes: Uint8Array<ArrayBuffer>, table: number, field: number): Uint8Array<ArrayBuffer> {
    const at = this.place(table, field);
    if (at !== 0) new DataView(bytes.buffer).setUint32(this.offset(at), 0, true);
    return bytes;
  }

  private elements(table: number, field: number): number[] {
    const at = this.place(table, field);
    if (at === 0) return [];
    const start = this.offset(at);
    const length = this.view.getUint32(start, true);
    if (start + 4 + 4 * length > this.view.byteLength) throw new RangeError("a vector ends behind the file");
    return Array.from({ length }, (_, i) => start + 4 + 4 * i);
  }

  /** Where a field of a table lies; 0 where it has its default. */
  private place(table: number, field: number): number {
    const vtable = table - this.view.getInt32(table, true);
    const at = 4 + 2 * field;
    if (at + 2 > this.view.getUint16(vtable, true)) return 0;
    const offset = this.view.getUint16(vtable + at, true);
    return offset === 0 ? 0 : table + offset;
  }
}
