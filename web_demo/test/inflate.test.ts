/** Inflate against zlib: whatever zlib packs, cuts, breaks and appends. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { constants, deflateSync } from "node:zlib";

import type { Bytes } from "../src/photo/bytes";
import { inflate, InflateError } from "../src/photo/inflate";

const packed = (bytes: Uint8Array, options = {}): Bytes => new Uint8Array(deflateSync(bytes, options));

/** Bytes that repeat here and there, so that every kind of block is worth making. */
function sample(length: number, seed: number): Uint8Array {
  let state = seed;
  const next = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 16;
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const run = next() % 300;
    const back = next() % Math.max(1, at);
    const copies = next() % 3 > 0;
    for (let i = 0; i < run && at < length; i++, at++) bytes[at] = copies ? bytes[at - back]! : next();
  }
  return bytes;
}

test("what zlib packs is unpacked, by every strategy and level", () => {
  for (const strategy of [
    constants.Z_DEFAULT_STRATEGY,
    constants.Z_HUFFMAN_ONLY,
    constants.Z_RLE,
    constants.Z_FIXED,
  ]) {
    for (const level of [0, 1, 6, 9]) {
      for (const length of [0, 1, 2, 300, 70_000, 200_000]) {
        const bytes = sample(length, length + level);
        const unpacked = inflate(packed(bytes, { strategy, level }), length + 1);
        assert.equal(Buffer.compare(unpacked.bytes, bytes), 0, `${strategy} ${level} ${length}`);
        assert.equal(unpacked.more, false);
      }
    }
  }
});

test("no more is unpacked than is wanted", () => {
  for (const level of [0, 6]) {
    const bytes = sample(50_000, 3);
    for (const limit of [0, 1, 1000, 49_999]) {
      const { bytes: some, more } = inflate(packed(bytes, { level }), limit);
      assert.deepEqual([some.length, more], [limit, true]);
      assert.equal(Buffer.compare(some, bytes.subarray(0, limit)), 0);
    }
    assert.equal(inflate(packed(bytes, { level }), 50_000).more, false);
  }
  const bomb = packed(new Uint8Array(64 << 20), { level: 9 });
  assert.deepEqual(inflate(bomb, 100), { bytes: new Uint8Array(100), more: true });
});

test("a stream that is cut off gives what it has, at every length", () => {
  const bytes = sample(3000, 5);
  for (const strategy of [constants.Z_DEFAULT_STRATEGY, constants.Z_FIXED]) {
    const whole = packed(bytes, { strategy });
    for (let length = 0; length < whole.length; length++) {
      const some = inflate(whole.slice(0, length), 4000).bytes;
      assert.ok(length + 7 >= whole.length || some.length < bytes.length);
      assert.equal(Buffer.compare(some, bytes.subarray(0, some.length)), 0);
    }
  }
});

test("what follows the end does not count, and a wrong checksum does", () => {
  const whole = packed(sample(500, 6));
  const followed = Uint8Array.of(...whole, 1, 2, 3);
  assert.equal(inflate(followed, 500).bytes.length, 500);
  whole[whole.length - 1]! ^= 1;
  assert.throws(() => inflate(whole, 500), InflateError);
  // zlib looks at the checksum only if it gets there.
  assert.equal(inflate(whole, 499).bytes.length, 499);
});

test("a broken stream is refused or gives other bytes, and never more than were asked for", () => {
  const whole = packed(sample(2000, 7));
  for (let at = 0; at < whole.length; at++) {
    for (const bit of [1, 16, 128]) {
      const broken = whole.slice();
      broken[at]! ^= bit;
      try {
        assert.ok(inflate(broken, 2000).bytes.length <= 2000);
      } catch (thrown) {
        assert.ok(thrown instanceof InflateError, String(thrown));
      }
    }
  }
  for (const [first, second] of [
    [0x78, 0],
    [0x77, 0x9c],
    [0x78, 0xbb],
  ] as const) {
    assert.throws(() => inflate(Uint8Array.of(first, second, 3, 0), 9), /not a zlib stream/);
  }
});
