import assert from "node:assert/strict";
import { test } from "node:test";

import { activationMap, scoreOf } from "../src/app/inside/heat/cam";
import { type Answer, boxesOf, cover, deepest, dropMap, occlude } from "../src/app/inside/heat/occlusion";
import { placeOf } from "../src/app/inside/heat/placement";
import { smooth } from "../src/app/inside/heat/smooth";
import { type Heat, upsample } from "../src/app/inside/heat/upsample";
import type { Preprocessing } from "../src/preprocessing";

const heat = (width: number, height: number, values: number[]): Heat => ({
  ...{ width, height },
  values: Float32Array.from(values),
});
const preprocessing = (
  width: number,
  height: number,
  change: Partial<Preprocessing> = {},
): Preprocessing => ({
  ...{ width, height, channels: 3, fit: "squash", filter: "pillow-bilinear" },
  ...change,
});

test("squares of an eighth, half of that apart, cover the whole photo and nothing beyond", () => {
  assert.equal(boxesOf(preprocessing(64, 64)).length, 15 * 15);
  for (const [width, height] of [
    [64, 64],
    [50, 37],
    [28, 20],
    [224, 224],
    [5, 3],
  ] as const) {
    const boxes = boxesOf(preprocessing(width, height));
    const seen = new Uint8Array(width * height);
    for (const { top, left, side } of boxes) {
      assert.equal(side, Math.max(1, Math.round(Math.min(width, height) / 8)));
      assert.ok(top >= 0 && left >= 0 && top + side <= height && left + side <= width);
      for (let y = top; y < top + side; y++) seen.fill(1, y * width + left, y * width + left + side);
    }
    assert.ok(
      seen.every((one) => one === 1),
      `${width} x ${height}`,
    );
    assert.equal(new Set(boxes.map(({ top, left }) => `${top} ${left}`)).size, boxes.length);
  }
});

test("a covered photo is grey there, the same elsewhere, and the photo itself is left alone", () => {
  const photo = new Uint8Array(6 * 5 * 3).fill(7);
  const covered = cover(photo, preprocessing(6, 5), { top: 1, left: 2, side: 2 });
  const grey = Array.from(covered.keys()).filter((i) => covered[i] === 128);
  assert.deepEqual([...new Set(grey.map((i) => Math.floor(i / 3)))], [8, 9, 14, 15]);
  assert.equal(grey.length, 2 * 2 * 3);
  assert.ok(photo.every((value) => value === 7));
  const single = cover(new Uint8Array(4), preprocessing(2, 2, { channels: 1 }), { top: 1, left: 1, side: 1 });
  assert.deepEqual([...single], [0, 0, 0, 128]);
});

/** A network that looks at one pixel: sure of label 1 while that is 255. */
function pixelWatcher(at: number, size: number): { answer: Answer; batches: number[] } {
  const batches: number[] = [];
  const answer: Answer = async (tensors, count) => {
    batches.push(count);
    const probabilities = new Float32Array(2 * count);
    for (let i = 0; i < count; i++) {
      const p = tensors[i * size + at] === 255 ? 0.9 : 0.2;
      probabilities.set([1 - p, p], 2 * i);
    }
    return { probabilities };
  };
  return { answer, batches };
}

test("occlusion finds the pixel that decides, and tells what its covering does to either label", async () => {
  const shape = preprocessing(16, 16);
  const photo = new Uint8Array(16 * 16 * 3).fill(255);
  const { answer, batches } = pixelWatcher((9 * 16 + 5) * 3, photo.length);
  const progress: number[] = [];
  const found = await occlude(
    photo,
    shape,
    answer,
    (done) => progress.push(done),
    new AbortController().signal,
  );
  assert.ok(found !== null);
  assert.equal(progress.at(-1), found.boxes.length);
  assert.equal(
    batches.reduce((all, one) => all + one, 0),
    found.boxes.length + 1,
  );
  assert.ok(Math.max(...batches) <= 16);
  const drop = dropMap(found, 1);
  assert.equal(drop.values.indexOf(Math.max(...drop.values)), 9 * 16 + 5);
  assert.ok(Math.abs(drop.values[9 * 16 + 5]! - 0.7) < 1e-6);
  assert.equal(drop.values[0], 0);
  assert.ok(Math.abs(dropMap(found, 0).values[9 * 16 + 5]! + 0.7) < 1e-6);
  const { box, left } = deepest(found, 1);
  assert.ok(box.top <= 9 && 9 < box.top + box.side && box.left <= 5 && 5 < box.left + box.side);
  assert.ok(Math.abs(left - 0.2) < 1e-6);
});

test("a canceled occlusion stops after the batch that is running, and gives nothing", async () => {
  const photo = new Uint8Array(64 * 64 * 3);
  const { answer, batches } = pixelWatcher(0, photo.length);
  const running = new AbortController();
  const stop = (done: number): void => void (done >= 32 && running.abort());
  assert.equal(await occlude(photo, preprocessing(64, 64), answer, stop, running.signal), null);
  assert.deepEqual(batches, [1, 16, 16]);
});

test("a class activation map is the features times the label's weights; its mean and the bias are the score", () => {
  const features = { shape: [2, 2, 2], data: Float32Array.from([1, 0, 0, 2, 3, 1, 0, 0]) };
  const kernel = { shape: [2, 3], data: Float32Array.from([1, 2, 3, 10, 20, -30]) };
  assert.deepEqual([...activationMap(features, kernel, 0).values], [1, 20, 13, 0]);
  assert.deepEqual([...activationMap(features, kernel, 2).values], [3, -60, -21, 0]);
  const bias = { shape: [3], data: Float32Array.from([0, 0, 0.5]) };
  assert.equal(scoreOf(activationMap(features, kernel, 2), bias, 2), -78 / 4 + 0.5);
});

test("enlarging keeps the centres, makes up nothing beyond them, and the same size changes nothing", () => {
  const large = upsample(heat(2, 1, [0, 4]), 8, 2);
  assert.deepEqual([...large.values.slice(0, 8)], [0, 0, 0.5, 1.5, 2.5, 3.5, 4, 4]);
  assert.deepEqual([...large.values.slice(8)], [...large.values.slice(0, 8)]);
  const same = heat(3, 2, [1, -2, 3, 4, 5, -6]);
  assert.deepEqual([...upsample(same, 3, 2).values], [...same.values]);
  const square = upsample(heat(2, 2, [0, 1, 2, 3]), 4, 4);
  // Half-pixel centres, as tf.image.resize has them: a quarter and three quarters.
  assert.deepEqual([...square.values.slice(4, 8)], [0.5, 0.75, 1.25, 1.5]);
  assert.deepEqual([...upsample(heat(1, 1, [7]), 2, 2).values], [7, 7, 7, 7]);
});

test("smoothing leaves what is even as it is, and makes ramps of steps", () => {
  assert.ok(smooth(heat(6, 4, Array<number>(24).fill(2)), 4).values.every((value) => value === 2));
  const steps = smooth(heat(8, 1, [0, 0, 0, 0, 4, 4, 4, 4]), 3);
  assert.deepEqual(
    [...steps.values].map((value) => Math.round(value * 3)),
    [0, 0, 0, 4, 8, 12, 12, 12],
  );
  const single = heat(3, 2, [1, 2, 3, 4, 5, 6]);
  assert.deepEqual([...smooth(single, 1).values], [...single.values]);
});

test("the network's input lies in the photo where the preprocessing took it from", () => {
  const photo = { width: 300, height: 200 };
  assert.deepEqual(placeOf(preprocessing(64, 64), photo), { left: 0, top: 0, width: 300, height: 200 });
  const crop = placeOf(preprocessing(64, 64, { fit: "crop" }), photo);
  assert.deepEqual(crop, { left: 50, top: 0, width: 200, height: 200 });
  const pad = placeOf(preprocessing(64, 64, { fit: "pad" }), photo);
  assert.deepEqual(pad, { left: 0, top: -50, width: 300, height: 300 });
  const tall = { width: 100, height: 400 };
  assert.deepEqual(placeOf(preprocessing(64, 32, { fit: "crop" }), tall), {
    left: 0,
    top: 175,
    width: 100,
    height: 50,
  });
  assert.deepEqual(placeOf(preprocessing(64, 32, { fit: "pad" }), tall), {
    left: -350,
    top: 0,
    width: 800,
    height: 400,
  });
});
