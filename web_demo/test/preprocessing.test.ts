/** The preprocessing without a browser: its JSON, and whole photos, of which WASM decodes the JPEGs and WebPs. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import {
  type Preprocessing,
  decode,
  Decoders,
  parsePreprocessing,
  PhotoError,
  type Pixels,
  prepare,
  tensor,
  toJson,
} from "../src/preprocessing";
import type { Axis } from "../src/photo/axis";
import * as jpeg from "../src/photo/wasm/jpeg";
import * as webp from "../src/photo/wasm/webp";
import { weights } from "../src/photo/pillow";
import { RuntimeError } from "../src/runtimes/runtime";

// The tests run with web_demo/ as their folder.
const GOLDENS = join(process.cwd(), "..", "tests", "goldens");
const PREPROCESSING: Preprocessing = {
  width: 64,
  height: 48,
  channels: 3,
  fit: "squash",
  filter: "pillow-bilinear",
};

// Node has no canvas, so that none is proved exact.
const WASM = new Decoders(async (format) => ({ jpeg, webp })[format]);

interface Expected {
  readonly preprocessings: Record<string, unknown>;
  readonly images: Record<string, Record<string, string>>;
}

async function expected(): Promise<Expected> {
  return JSON.parse(await readFile(join(GOLDENS, "expected.json"), "utf8")) as Expected;
}

function refuses(change: Record<string, unknown>, words: RegExp): void {
  const isRefused = (thrown: unknown): boolean =>
    thrown instanceof RuntimeError && thrown.kind === "corrupt" && words.test(thrown.message);
  assert.throws(() => parsePreprocessing({ ...toJson(PREPROCESSING), ...change }), isRefused);
}

function axis(from: number, to: number): Axis {
  return { from, to, start: 0, stop: to };
}

/** A photo of which each pixel tells where it is. */
function ramp(width: number, height: number): Pixels {
  const data = new Uint8Array(4 * width * height);
  for (let i = 0; i < width * height; i++) {
    data.set([i % width, Math.floor(i / width), (i * 7) % 256, 255], 4 * i);
  }
  return { width, height, data };
}

test("preprocessing is read as Python writes it", async () => {
  assert.deepEqual(parsePreprocessing(toJson(PREPROCESSING)), PREPROCESSING);
  const cut = { ...PREPROCESSING, fit: "resize-crop", filter: "tf-area", resize_to: 72 } as const;
  assert.deepEqual(parsePreprocessing(toJson(cut)), cut);
  for (const value of Object.values((await expected()).preprocessings)) {
    assert.deepEqual(toJson(parsePreprocessing(value)), value);
  }
});

test("preprocessings that are not understood are refused", () => {
  refuses({ schema: 3 }, /^preprocessing: schema 3 is newer/);
  refuses({ schema: null }, /no schema number/);
  refuses({ fit: "stretch" }, /unknown fit 'stretch'; there is squash, crop, pad, resize-crop/);
  refuses({ channels: 4 }, /4 channels; there is 1 \(grey\) and 3 \(RGB\)/);
  refuses({ width: 0 }, /an input of 0x48 is outside 1-4096 pixels/);
  refuses({ height: 4097 }, /outside/);
  refuses({ width: "64" }, /outside/);
  refuses({ width: 6.5 }, /outside/);
  refuses({ filter: "bicubic" }, /unknown filter 'bicubic'; there is pillow-nearest, pillow-box/);
  refuses({ fit: "resize-crop" }, /resize_to is undefined, but the fit resize-crop needs a whole number/);
  for (const resize_to of [0, 4097, true, 25.6, "256", [256], null])
    refuses({ fit: "resize-crop", resize_to }, /^preprocessing: resize_to is /);
  refuses({ resize_to: 256 }, /resize_to belongs to the fit resize-crop, not to squash/);
  refuses({ resize_to: null }, /does not know/);
  refuses({ fit: "pillow-fit", filter: "tf-area" }, /the fit pillow-fit needs a filter of Pillow/);
  refuses({ more: 1 }, /does not know/);
  refuses({ range: [0, 1] }, /does not know/);
  const { height: _, ...rest } = toJson(PREPROCESSING);
  assert.throws(() => parsePreprocessing(rest), /'height' is missing/);
  for (const value of [null, 7, "preprocessing", []])
    assert.throws(() => parsePreprocessing(value), RuntimeError);
});

test("without a browser's decoders, all goldens but CMYK give the expected tensors", async () => {
  const { preprocessings, images } = await expected();
  const names = Object.keys(images).filter((name) => name !== "jpeg-cmyk.jpg");
  assert.ok(names.length >= 60);
  for (const name of names) {
    const pixels = await decode(new Blob([await readFile(join(GOLDENS, "images", name))]), WASM);
    for (const [label, value] of Object.entries(preprocessings)) {
      const bytes = prepare(pixels, parsePreprocessing(value));
      assert.equal(
        createHash("sha256").update(bytes).digest("hex"),
        images[name]![label],
        `${name}, ${label}`,
      );
    }
  }
});

test("the weights of each pixel add up to one, and the same size changes nothing", () => {
  for (const [from, to] of [
    [640, 64],
    [64, 640],
    [7, 300],
    [5000, 1],
    [1, 5],
    [101, 67],
  ] as const) {
    const { first, count, kernel, most } = weights("pillow-bilinear", axis(from, to));
    for (let i = 0; i < to; i++) {
      const own = kernel.subarray(i * most, i * most + count[i]!);
      assert.ok(first[i]! >= 0 && first[i]! + count[i]! <= from);
      assert.ok(Math.abs(own.reduce((sum, weight) => sum + weight, 0) - 2 ** 22) <= count[i]!);
    }
  }
  const { count, kernel, most } = weights("pillow-bilinear", axis(9, 9));
  for (let i = 0; i < 9; i++) {
    const heavy = [...kernel.subarray(i * most, i * most + count[i]!)].filter((weight) => weight !== 0);
    assert.deepEqual(heavy, [2 ** 22]);
  }
});

test("squash to the own size is a copy of the colors", () => {
  const photo = ramp(5, 4);
  const bytes = prepare(photo, { ...PREPROCESSING, width: 5, height: 4 });
  assert.equal(bytes.length, 60);
  for (let i = 0; i < 20; i++)
    assert.deepEqual(bytes.subarray(3 * i, 3 * i + 3), photo.data.subarray(4 * i, 4 * i + 3));
});

test("crop takes the middle, pad keeps the whole on black", () => {
  const data = new Uint8Array(4 * 30 * 10).fill(255);
  for (let i = 0; i < 300; i++) data.fill(i % 30 >= 10 && i % 30 < 20 ? 200 : 0, 4 * i, 4 * i + 3);
  const cut = prepare(
    { width: 30, height: 10, data },
    { width: 5, height: 5, channels: 3, fit: "crop", filter: "pillow-bilinear" },
  );
  assert.ok(cut.every((value) => value === 200));
  const white = { width: 30, height: 10, data: new Uint8Array(1200).fill(255) };
  const padded = prepare(white, { width: 9, height: 9, channels: 1, fit: "pad", filter: "pillow-bilinear" });
  assert.deepEqual([...padded], [...Array(27).fill(0), ...Array(27).fill(255), ...Array(27).fill(0)]);
});

test("luma is ITU-R 601-2 in integers", () => {
  const colors = [
    [255, 0, 0, 76],
    [0, 255, 0, 150],
    [0, 0, 255, 29],
    [255, 255, 255, 255],
    [1, 2, 3, 2],
  ] as const;
  for (const [red, green, blue, grey] of colors) {
    const photo = { width: 1, height: 1, data: Uint8Array.of(red, green, blue, 255) };
    assert.deepEqual(
      [...prepare(photo, { width: 1, height: 1, channels: 1, fit: "crop", filter: "pillow-bilinear" })],
      [grey],
    );
  }
});

test("a tensor is float32, 0 to 255", () => {
  const values = tensor(Uint8Array.of(0, 128, 255));
  assert.ok(values instanceof Float32Array);
  assert.deepEqual([...values], [0, 128, 255]);
});

async function error(file: Blob, maxPixels?: number): Promise<PhotoError> {
  return decode(file, WASM, maxPixels).then(
    () => assert.fail("it was read"),
    (thrown: unknown) => {
      assert.ok(thrown instanceof PhotoError);
      return thrown;
    },
  );
}

test("what is refused before a browser is needed", async () => {
  const empty = await error(new Blob([]));
  assert.deepEqual([empty.kind, empty.message], ["empty", "the file is empty (0 bytes)"]);
  const text = await error(new Blob(["a cat sat on the mat"]));
  assert.deepEqual([text.kind, text.what, text.message], ["unsupported", "text", "this is text"]);
  assert.match(text.detail, /^Choose a photo: JPEG, PNG, WebP, BMP or GIF/);
  const vast = Object.defineProperty(new Blob(["x"]), "size", { value: 2 ** 28 + 1 });
  const huge = await error(vast);
  assert.deepEqual([huge.kind, huge.what, huge.message], ["too-large", "bytes", "more than 256 MiB"]);
});

test("a file that cannot be read any more", async () => {
  const gone = new Blob(["x"]);
  gone.arrayBuffer = () => Promise.reject(new DOMException("it changed", "NotReadableError"));
  const refused = await error(gone);
  assert.deepEqual(
    [refused.kind, refused.what, refused.message],
    ["corrupt", "unreadable", "cannot be read: it changed"],
  );
});

test("a photo that no memory holds", async () => {
  const gif = Uint8Array.of(
    ...Buffer.from("GIF89a"),
    255,
    255,
    255,
    255,
    0,
    0,
    0,
    0x2c,
    0,
    0,
    0,
    0,
    1,
    0,
    1,
    0,
    0,
  );
  const refused = await error(new Blob([gif, Uint8Array.of(2, 2, 0x44, 1, 0, 0x3b)]), Infinity);
  assert.deepEqual([refused.kind, refused.message], ["memory", "65535x65535 does not fit into memory"]);
  assert.ok(refused.cause instanceof RangeError);
});

test("megapixels are rounded as Python rounds them", async () => {
  const sides = [
    [500, 500, "0.2"],
    [1500, 500, "0.8"],
    [1000, 1250, "1.2"],
    [7000, 1001, "7.0"],
    [20, 10, "0.0"],
  ] as const;
  for (const [width, height, said] of sides) {
    const gif = Uint8Array.of(
      ...Buffer.from("GIF89a"),
      width & 255,
      width >> 8,
      height & 255,
      height >> 8,
      0,
      0,
      0,
      0x2c,
    );
    const whole = new Blob([gif, Uint8Array.of(0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 0)]);
    const { message } = await error(whole, 100);
    assert.equal(message, `${width}x${height} is ${said} megapixels, the limit is 0.0001`);
  }
});
