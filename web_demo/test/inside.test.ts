import assert from "node:assert/strict";
import { test } from "node:test";

import { activate, FORMULAS, softmax } from "../src/app/inside/arithmetic/activations";
import { Convolution, strongest } from "../src/app/inside/arithmetic/convolution";
import { unitAt } from "../src/app/inside/arithmetic/dense";
import { cellOf, flattenIndex } from "../src/app/inside/arithmetic/flatten";
import { poolAt } from "../src/app/inside/arithmetic/pooling";
import { channelRange, liveliest, rangeOf, valueAt, zeroed } from "../src/app/inside/arithmetic/statistics";
import { leftOver, overhang, type Pair, startOf, windowsOf } from "../src/app/inside/arithmetic/windows";
import type { Tensor } from "../src/engine/inside";

/** Repeatable numbers between -1 and 1. */
function noise(shape: number[], seed: number): Tensor {
  let state = seed;
  const next = (): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return ((state / 2 ** 31) % 2) - 1;
  };
  return { shape, data: Float32Array.from({ length: shape.reduce((all, n) => all * n, 1) }, next) };
}

const tensor = (shape: number[], values: number[]): Tensor => ({ shape, data: Float32Array.from(values) });

/** By the definition, over the padded input and all channels, whatever the windows' code thinks. */
function reference(
  input: Tensor,
  kernel: Tensor,
  stride: number,
  pad: Pair,
  at: readonly [number, number, number],
) {
  const [height, width, channels] = input.shape as [number, number, number];
  const [rows, columns, , filters] = kernel.shape as [number, number, number, number];
  let sum = 0;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const [y, x] = [at[0] * stride + i - pad[0], at[1] * stride + j - pad[1]];
      if (y < 0 || x < 0 || y >= height || x >= width) continue;
      for (let c = 0; c < channels; c++) {
        const value = input.data[(y * width + x) * channels + c]!;
        sum += value * kernel.data[((i * columns + j) * channels + c) * filters + at[2]]!;
      }
    }
  }
  return sum;
}

test("a convolution of stride 3, at every place and for every kernel, is the definition's", () => {
  const [input, kernel, bias] = [noise([10, 13, 3], 1), noise([3, 3, 3, 4], 2), noise([4], 3)];
  const windows = windowsOf(input.shape, [3, 4, 4], [3, 3], [3, 3], "valid");
  const convolution = new Convolution(input, kernel, bias, windows, false);
  assert.equal(convolution.filters, 4);
  for (let row = 0; row < 3; row++) {
    for (let column = 0; column < 4; column++) {
      for (let filter = 0; filter < 4; filter++) {
        const sum = convolution.at(filter, row, column);
        const expected = reference(input, kernel, 3, [0, 0], [row, column, filter]);
        assert.equal(sum.products, 27);
        assert.ok(Math.abs(sum.sum - expected) < 1e-12);
        assert.equal(sum.value, sum.sum + bias.data[filter]!);
      }
    }
  }
});

test("padding same is TensorFlow's: the odd row below, zeros that say they are padding", () => {
  // 7 wide at stride 2 with a kernel of 4: (ceil(7 / 2) - 1) * 2 + 4 - 7 = 3 to add, 1 before and 2 after.
  const input = noise([7, 7, 2], 4);
  const kernel = noise([4, 4, 2, 3], 5);
  const windows = windowsOf(input.shape, [4, 4, 3], [4, 4], [2, 2], "same");
  assert.deepEqual(windows.before, [1, 1]);
  assert.deepEqual(startOf(windows, 0, 3), [-1, 5]);
  assert.equal(overhang(windows), 2);
  const convolution = new Convolution(input, kernel, null, windows, false);
  for (const [row, column] of [
    [0, 0],
    [3, 3],
    [1, 2],
  ] as const) {
    const sum = convolution.at(2, row, column);
    assert.ok(Math.abs(sum.value - reference(input, kernel, 2, [1, 1], [row, column, 2])) < 1e-12);
    assert.equal(sum.bias, 0);
  }
  const [corner] = convolution.at(0, 0, 0).parts;
  assert.equal(corner?.padded.filter((padded) => padded).length, 7);
  assert.equal(corner?.values[0], 0);
});

test("a depthwise kernel reads the channel of its number, with a multiplier its share of them", () => {
  const input = noise([4, 4, 2], 6);
  const kernel = noise([3, 3, 2, 3], 7);
  const windows = windowsOf(input.shape, [2, 2, 6], [3, 3], [1, 1], "valid");
  const convolution = new Convolution(input, kernel, null, windows, true);
  assert.equal(convolution.filters, 6);
  assert.equal(convolution.depth, 1);
  const { parts } = convolution.at(4, 1, 0);
  assert.equal(parts.length, 1);
  assert.equal(parts[0]?.channel, 1);
  let expected = 0;
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 3; j++) {
      expected += valueAt(input, 1 + i, j, 1) * kernel.data[((i * 3 + j) * 2 + 1) * 3 + 1]!;
    }
  }
  assert.ok(Math.abs((parts[0]?.sum ?? NaN) - expected) < 1e-12);
});

test("kernels of a grouped convolution read their group's channels", () => {
  const input = noise([3, 3, 4], 8);
  const windows = windowsOf(input.shape, [1, 1, 6], [3, 3], [1, 1], "valid");
  const convolution = new Convolution(input, noise([3, 3, 2, 6], 9), null, windows, false);
  const channels = (filter: number): number[] =>
    convolution.at(filter, 0, 0).parts.map((part) => part.channel);
  assert.deepEqual([0, 2, 3, 5].map(channels), [
    [0, 1],
    [0, 1],
    [2, 3],
    [2, 3],
  ]);
});

test("the strongest part is that of the largest magnitude", () => {
  const sum = (sums: number[]) => ({
    parts: sums.map((one, channel) => ({ channel, values: [], weights: [], padded: [], sum: one })),
    ...{ products: 0, sum: 0, bias: 0, value: 0 },
  });
  assert.equal(strongest(sum([0.5, -2, 1.9])), 1);
  assert.equal(strongest(sum([0, 0])), 0);
});

test("windows that leave rows over say how many", () => {
  assert.deepEqual(leftOver(windowsOf([21, 21, 1], [10, 10, 1], [2, 2], [2, 2], "valid")), [1, 1]);
  assert.deepEqual(leftOver(windowsOf([64, 64, 3], [21, 21, 1], [3, 3], [3, 3], "valid")), [1, 1]);
  assert.deepEqual(leftOver(windowsOf([20, 30, 1], [10, 15, 1], [2, 2], [2, 2], "valid")), [0, 0]);
});

test("max-pooling marks the first of the largest, and padding is never the largest", () => {
  const input = tensor([3, 3, 1], [-1, -5, -2, -3, -1, -4, -9, -8, -7]);
  const windows = windowsOf(input.shape, [2, 2, 1], [2, 2], [2, 2], "same");
  const first = poolAt(input, windows, "max", [0, 0, 0]);
  assert.deepEqual(first, { values: [-1, -5, -3, -1], largest: 0, result: -1 });
  const corner = poolAt(input, windows, "max", [1, 1, 0]);
  assert.deepEqual(corner, { values: [-7, null, null, null], largest: 0, result: -7 });
  assert.equal(poolAt(input, windows, "average", [1, 0, 0]).result, -8.5);
  assert.equal(poolAt(input, windows, "average", [0, 0, 0]).result, -2.5);
});

test("an index of the flat list and its cell are each other's", () => {
  const shape = [6, 5, 32];
  assert.equal(flattenIndex(shape, [2, 3, 5]), (2 * 5 + 3) * 32 + 5);
  for (const index of [0, 1, 31, 32, 421, 959]) {
    assert.equal(flattenIndex(shape, cellOf(shape, index)), index);
    const [row, column, channel] = cellOf(shape, index);
    const data = Float32Array.from({ length: 960 }, (_, i) => i);
    assert.equal(valueAt({ shape, data }, row, column, channel), index);
  }
});

test("a unit's contributions come strongest first, whatever their sign, and add up to its value", () => {
  const input = tensor([3], [1, -2, 0.5]);
  const kernel = tensor([3, 2], [9, 0.25, 9, 2, 9, -1]);
  const unit = unitAt(input, kernel, tensor([2], [0, 0.125]), 1);
  assert.deepEqual(
    unit.contributions.map(({ index, product }) => [index, product]),
    [
      [1, -4],
      [2, -0.5],
      [0, 0.25],
    ],
  );
  assert.equal(unit.sum, -4.25);
  assert.equal(unit.value, -4.125);
  assert.equal(unitAt(input, kernel, null, 0).bias, 0);
});

test("softmax and the sigmoid are what they are said to be, also for large scores", () => {
  const { powers, total, probabilities } = softmax([1, 2]);
  assert.deepEqual(powers, [Math.E, Math.exp(2)]);
  assert.equal(total, Math.E + Math.exp(2));
  assert.ok(Math.abs(probabilities[1]! - 1 / (1 + Math.exp(-1))) < 1e-15);
  assert.deepEqual(softmax([1000, 0]).probabilities, [1, 0]);
  const [no, yes] = activate("sigmoid", [-3, 3]) as [number, number];
  assert.ok(Math.abs(no + yes - 1) < 1e-15);
  assert.equal(activate("prelu", [1]), null);
  assert.equal(activate(null, [1]), null);
  assert.deepEqual(activate("relu6", [-1, 3, 9]), [0, 3, 6]);
  assert.deepEqual(activate("hard_sigmoid", [-9, 0, 9]), [0, 0.5, 1]);
  assert.ok(Math.abs(FORMULAS["softplus"]!.of(-50) - Math.exp(-50)) < 1e-30);
  assert.equal(FORMULAS["softplus"]!.of(800), 800);
});

test("figures of maps: ranges, and the share that an activation set to zero", () => {
  const before = tensor([2, 2, 2], [-1, 4, 2, -3, 0, 5, 6, -7]);
  const after = tensor([2, 2, 2], [0, 4, 2, 0, 0, 5, 6, 0]);
  assert.deepEqual(rangeOf(before.data), { least: -7, most: 6, limit: 7 });
  assert.deepEqual(channelRange(before, 0), { least: -1, most: 6, limit: 6 });
  assert.equal(zeroed(before, after), 3 / 8);
  assert.equal(zeroed(before, after, 1), 2 / 4);
});

test("the liveliest map is the one that differs most where ReLU leaves something", () => {
  // Channel 0 swings far below zero, where ReLU leaves nothing; channel 1 above it.
  const maps = tensor([2, 2, 3], [-90, 0, 5, 0, 4, 5, -50, 0, 5, 0, 4, 5]);
  assert.equal(liveliest(maps), 1);
  assert.equal(liveliest(tensor([4], [-9, 1, 3, 2])), 2);
  assert.equal(liveliest(tensor([1, 1, 2], [NaN, NaN])), 0);
});
