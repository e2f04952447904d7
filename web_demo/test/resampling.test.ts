/** Every fit with every filter: the same bytes as Python, and the same refusals. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { FILTERS, FITS } from "../src/fits";
import { PhotoError, type Pixels, type Preprocessing, prepare } from "../src/preprocessing";

const FILE = join(process.cwd(), "..", "tests", "goldens", "resampling.json");

interface Expected {
  readonly sizes: readonly (readonly [number, number, number, number])[];
  readonly ways: readonly (Pick<Preprocessing, "fit" | "filter" | "resize_to"> & { sha256: string })[];
}

/** By the linear congruential generator of tests/goldens/resampling.py. */
function noise(width: number, height: number): Pixels {
  const data = new Uint8Array(4 * width * height).fill(255);
  let state = 1;
  for (let i = 0; i < data.length; i++) {
    if (i % 4 === 3) continue;
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[i] = state >>> 24;
  }
  return { width, height, data };
}

function prepared(pixels: Pixels, preprocessing: Preprocessing): Uint8Array | string {
  try {
    return prepare(pixels, preprocessing);
  } catch (thrown) {
    assert.ok(thrown instanceof PhotoError);
    return thrown.message;
  }
}

test("every fit with every filter gives Python's bytes", async () => {
  const { sizes, ways } = JSON.parse(await readFile(FILE, "utf8")) as Expected;
  assert.deepEqual(new Set(ways.map(({ fit }) => fit)), new Set(FITS));
  assert.deepEqual(new Set(ways.map(({ filter }) => filter)), new Set(FILTERS));
  const photos = sizes.map(([width, height]) => noise(width, height));
  const wrong = ways.filter(({ sha256, ...way }) => {
    const hash = createHash("sha256");
    sizes.forEach(([, , width, height], i) =>
      hash.update(prepared(photos[i]!, { width, height, channels: 3, ...way })),
    );
    return hash.digest("hex") !== sha256;
  });
  assert.deepEqual(wrong, []);
});

test("a thin photo costs no more than its own pixels", () => {
  const thin = { width: 1, height: 60_000, data: new Uint8Array(4 * 60_000).fill(255) };
  for (const filter of FILTERS) {
    const bytes = prepare(thin, { width: 64, height: 64, channels: 3, fit: "keras-pad", filter });
    assert.equal(bytes.length, 3 * 64 * 64);
  }
});

test("what would cost too much is refused before it is made", () => {
  const tall = { width: 1, height: 60_000, data: new Uint8Array(4 * 60_000) };
  const wide = { ...tall, width: 60_000, height: 1 };
  const refuses = (photo: Pixels, change: Partial<Preprocessing>, kind: string, words: string): void => {
    const wanted = { width: 224, height: 160, channels: 3, fit: "keras-pad", filter: "tf-area" } as const;
    assert.throws(
      () => prepare(photo, { ...wanted, ...change }),
      (thrown) => thrown instanceof PhotoError && thrown.kind === kind && thrown.message === words,
    );
  };
  const borders = "with its borders it has 83999x60000 pixels, a side of more than 65,535";
  refuses(tall, {}, "too-large", borders);
  const limit = "the limit is 48 megapixels";
  const cut = { fit: "resize-crop", resize_to: 4096 } as const;
  refuses(tall, cut, "too-large", `resizing it makes 4096x60000 pixels, ${limit}`);
  refuses(wide, cut, "too-large", `resizing it makes 245760000x1 pixels, ${limit}`);
  const later = { ...cut, resize_to: 40 };
  refuses({ ...wide, width: 31_000 }, later, "too-large", `resizing it makes 1240000x40 pixels, ${limit}`);
  const nothing = "resizing it makes 0x160 pixels: nothing of it would be left";
  refuses(tall, { fit: "tf-pad" }, "unsupported", nothing);
});
