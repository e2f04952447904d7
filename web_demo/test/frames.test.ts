import assert from "node:assert/strict";
import { test } from "node:test";

import { encodeFrame, type Frame, FrameReader } from "../src/node/frames";

const FRAMES: Frame[] = [
  { header: { op: "run", text: "año" }, payload: Float32Array.of(1.5, -0, NaN) },
  { header: {}, payload: new Float32Array(0) },
  { header: { odd: "x" }, payload: Float32Array.from({ length: 1000 }, (_, i) => i / 3) },
];

for (const size of [1, 3, 8, 100, 1 << 20]) {
  test(`cuts frames out of chunks of ${size} bytes`, () => {
    const stream = Buffer.concat(FRAMES.map(({ header, payload }) => encodeFrame(header, payload)));
    const reader = new FrameReader();
    const found: Frame[] = [];
    for (let at = 0; at < stream.length; at += size)
      found.push(...reader.push(stream.subarray(at, at + size)));
    assert.deepEqual(found, FRAMES);
  });
}

test("refuses a header that is no object and a payload that is no float32", () => {
  const push = (bytes: Buffer) => [...new FrameReader().push(bytes)];
  assert.throws(() => push(encodeFrame(7 as unknown as object)), /a header is an object/);
  const odd = Buffer.from([2, 0, 0, 0, 3, 0, 0, 0]);
  assert.throws(() => push(odd), /not a frame: header of 2, payload of 3 bytes/);
});
