/** A small example of every operator of a graph model: its inputs and attributes, as TensorFlow writes them. */

export interface Values {
  readonly shape: readonly number[];
  readonly values: readonly number[];
  readonly dtype: "float32" | "int32" | "bool";
}

export interface Example {
  readonly inputs: readonly Values[];
  readonly attributes: Readonly<Record<string, object>>;
  readonly outputs: number;
}

type Attributes = Readonly<Record<string, object>>;

const size = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

/** Different numbers around zero, or above it. */
function floats(shape: readonly number[], lowest = -2): Values {
  const values = Array.from({ length: size(shape) }, (_, i) => lowest + ((i * 37) % 101) / 25);
  return { shape, values, dtype: "float32" };
}

const ints = (...values: number[]): Values => ({ shape: [values.length], values, dtype: "int32" });
const pairs = (...values: number[]): Values => ({ shape: [values.length / 2, 2], values, dtype: "int32" });
const int = (value: number): Values => ({ shape: [], values: [value], dtype: "int32" });
const float = (value: number): Values => ({ shape: [], values: [value], dtype: "float32" });

const i = (value: number): object => ({ i: String(value) });
const f = (value: number): object => ({ f: value });
const b = (value: boolean): object => ({ b: value });
const s = (value: string): object => ({ s: btoa(value) });
const type = (name: string): object => ({ type: name });
const iList = (...values: number[]): object => ({ list: { i: values.map(String) } });
const sList = (...values: string[]): object => ({ list: { s: values.map(btoa) } });

const example = (inputs: readonly Values[], attributes: Attributes = {}, outputs = 1): Example => ({
  inputs,
  attributes,
  outputs,
});

const IMAGE = [1, 6, 5, 3];
const convolution = {
  strides: iList(1, 2, 1, 1),
  dilations: iList(1, 1, 1, 1),
  padding: s("SAME"),
  data_format: s("NHWC"),
};
const fused = { fused_ops: sList("BiasAdd", "Relu"), num_args: i(1), epsilon: f(0.001) };
const pooling = { ...convolution, ksize: iList(1, 2, 2, 1) };
const float32 = { T: type("DT_FLOAT") };
const corners = { align_corners: b(false), half_pixel_centers: b(true) };

const UNARY = `Abs Elu Erf Exp Floor Identity Neg Relu Relu6 Selu Sigmoid Softplus Square Tanh OnesLike ZerosLike`;
const POSITIVE = "Log Log1p Reciprocal Rsqrt Sqrt";
const BINARY = `Add AddV2 Equal FloorDiv Greater GreaterEqual Less LessEqual Maximum Minimum Mul RealDiv
  SquaredDifference Sub`;
const REDUCING = "Max Mean Min Prod Sum";

const all = (names: string, made: Example): [string, Example][] =>
  names.split(/\s+/).map((name) => [name, made]);

/** By operator. `Const` and `Placeholder` stand in every graph of a test. */
export const EXAMPLES: ReadonlyMap<string, Example> = new Map([
  ...all(UNARY, example([floats(IMAGE)], float32)),
  ...all(POSITIVE, example([floats(IMAGE, 0.1)], float32)),
  ...all(BINARY, example([floats([2, 3, 4]), floats([4], 0.5)], float32)),
  ...all(REDUCING, example([floats(IMAGE), ints(1, 2)], { keep_dims: b(false) })),
  ...all("MatMul BatchMatMul BatchMatMulV2", example([floats([3, 4]), floats([4, 2])], float32)),
  ...all("AvgPool MaxPool", example([floats(IMAGE)], pooling)),
  ...all("Conv2D", example([floats(IMAGE), floats([3, 3, 3, 4])], convolution)),
  ...all(
    "_FusedConv2D",
    example([floats(IMAGE), floats([3, 3, 3, 4]), floats([4])], { ...convolution, ...fused }),
  ),
  ...all(
    "DepthwiseConv2d DepthwiseConv2dNative",
    example([floats(IMAGE), floats([3, 3, 3, 2])], { ...convolution, strides: iList(1, 1, 1, 1) }),
  ),
  ...all(
    "FusedDepthwiseConv2dNative",
    example([floats(IMAGE), floats([3, 3, 3, 2]), floats([6])], {
      ...convolution,
      ...fused,
      strides: iList(1, 1, 1, 1),
    }),
  ),
  ...all(
    "Conv2DBackpropInput",
    example([ints(1, 12, 5, 2), floats([3, 3, 2, 3]), floats(IMAGE)], convolution),
  ),
  ["_FusedMatMul", example([floats([3, 4]), floats([4, 2]), floats([2])], fused)],
  ["AddN", example([floats([2, 3]), floats([2, 3], 0), floats([2, 3], 1)], { N: i(3) })],
  ["ArgMax", example([floats(IMAGE), int(3)])],
  ["BatchToSpaceND", example([floats([4, 2, 2, 3]), ints(2, 2), pairs(0, 1, 0, 0)])],
  ["SpaceToBatchND", example([floats([1, 3, 4, 3]), ints(2, 2), pairs(0, 1, 0, 0)])],
  ["BiasAdd", example([floats(IMAGE), floats([3])], { data_format: s("NHWC") })],
  ["Cast", example([floats(IMAGE)], { SrcT: type("DT_FLOAT"), DstT: type("DT_INT32") })],
  ["ClipByValue", example([floats(IMAGE), float(-1), float(1)])],
  ["Concat", example([int(1), floats([2, 3]), floats([2, 2])], { N: i(2) })],
  ["ConcatV2", example([floats([2, 3]), floats([2, 2]), int(1)], { N: i(2) })],
  ["DepthToSpace", example([floats([1, 2, 3, 8])], { block_size: i(2), data_format: s("NHWC") })],
  ["ExpandDims", example([floats([2, 3]), int(1)])],
  ["Fill", example([ints(2, 3), float(0.5)])],
  [
    "FusedBatchNormV3",
    example([floats(IMAGE), floats([3]), floats([3]), floats([3]), floats([3], 0.1)], { epsilon: f(0.001) }),
  ],
  ["GatherV2", example([floats([4, 3]), ints(2, 0), int(0)], { batch_dims: i(0) })],
  ["LeakyRelu", example([floats(IMAGE)], { alpha: f(0.2) })],
  ["LRN", example([floats(IMAGE)], { depth_radius: i(2), bias: f(1), alpha: f(0.5), beta: f(0.5) })],
  ["MirrorPad", example([floats(IMAGE), pairs(0, 0, 1, 1, 2, 1, 0, 0)], { mode: s("REFLECT") })],
  ["Pack", example([floats([2, 3]), floats([2, 3], 0)], { N: i(2), axis: i(1) })],
  ["Pad", example([floats(IMAGE), pairs(0, 0, 1, 0, 2, 1, 0, 0)])],
  ["PadV2", example([floats(IMAGE), pairs(0, 0, 1, 0, 2, 1, 0, 0), float(0.5)])],
  ["Pow", example([floats([2, 3], 0.1), floats([3])])],
  ["Prelu", example([floats(IMAGE), floats([3])])],
  ["Range", example([float(0), float(5), float(1.5)], { Tidx: type("DT_FLOAT") })],
  ["Reshape", example([floats(IMAGE), ints(3, -1)])],
  ["ResizeBilinear", example([floats(IMAGE), ints(9, 7)], corners)],
  ["ResizeNearestNeighbor", example([floats(IMAGE), ints(9, 7)], corners)],
  ...all(
    "Select SelectV2",
    example([{ shape: [2, 2], values: [1, 0, 0, 1], dtype: "bool" }, floats([2, 2]), floats([2, 2], 1)]),
  ),
  ["Shape", example([floats(IMAGE)])],
  ["Slice", example([floats(IMAGE), ints(0, 1, 2, 0), ints(1, 4, 2, 3)])],
  ["Softmax", example([floats([3, 5])], float32)],
  ["Split", example([int(3), floats([1, 2, 2, 4])], { num_split: i(2) }, 2)],
  ["SplitV", example([floats([1, 2, 2, 4]), ints(1, 3), int(3)], { num_split: i(2) }, 2)],
  ["Squeeze", example([floats([2, 1, 3])], { squeeze_dims: iList(1) })],
  [
    "StridedSlice",
    example([floats(IMAGE), ints(0, 5, 0, 0), ints(1, 0, 4, 1), ints(1, -2, 2, 1)], {
      shrink_axis_mask: i(8),
    }),
  ],
  ["Tile", example([floats([2, 3]), ints(2, 2)])],
  ["Transpose", example([floats(IMAGE), ints(0, 3, 1, 2)])],
  ["Unpack", example([floats([2, 3])], { num: i(2), axis: i(0) }, 2)],
  ["NoOp", example([])],
]);
