/** Limits on photos: what is counted, what is refused, and that nothing is spent before. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { type Bytes, joined } from "../src/photo/bytes";
import { PhotoError } from "../src/photo/error";
import { checkResized, checkSize, MAX_PIXELS } from "../src/photo/limits";
import { checkParts, checkWork, countParts, webpSize } from "../src/photo/parts";
import type { Kind } from "../src/photo/sniff";
import { prepare } from "../src/preprocessing";

const IMAGES = join(process.cwd(), "..", "tests", "goldens", "images");
const golden = async (name: string): Promise<Bytes> => new Uint8Array(await readFile(join(IMAGES, name)));
const repeated = (part: readonly number[], times: number): Bytes =>
  joined(Array.from({ length: times }, () => Uint8Array.from(part)));

function isTooLarge(what: string, words: RegExp): (thrown: unknown) => boolean {
  return (thrown) =>
    thrown instanceof PhotoError &&
    thrown.kind === "too-large" &&
    thrown.what === what &&
    words.test(thrown.message);
}

const ORDINARY: readonly (readonly [name: string, kind: Kind, scans: number])[] = [
  ["jpeg-420.jpg", "JPEG", 0],
  ["jpeg-progressive.jpg", "JPEG", 10],
  ["png-rgb.png", "PNG", 0],
  ["webp-lossy.webp", "WEBP", 0],
  ["gif-static.gif", "GIF", 0],
  ["bmp-24.bmp", "BMP", 0],
];

for (const [name, kind, scans] of ORDINARY) {
  test(`${name} is far from every limit`, async () => {
    const bytes = await golden(name);
    const parts = countParts(kind, bytes);
    assert.equal(parts.fileBytes, bytes.length);
    assert.equal(parts.scans, scans);
    assert.ok(parts.small < 50 && parts.parsed < 5 && !parts.isPacked);
    checkParts(parts);
    checkWork(kind, 640, 480, parts, MAX_PIXELS);
  });
}

test("parts are counted wherever they stand", async () => {
  const jpeg = await golden("jpeg-420.jpg");
  const [start, rest] = [jpeg.subarray(0, 2), jpeg.subarray(2)];
  const before: readonly (readonly [part: number[], words: RegExp])[] = [
    [[0xff], /10,000 segments/],
    [[0xff, 0xfe, 0, 2], /10,000 segments/],
    [[0xff, 0xe1, 0, 8, 0x45, 0x78, 0x69, 0x66, 0, 0], /100 blocks of metadata/],
  ];
  for (const [part, words] of before) {
    const parts = countParts("JPEG", joined([start, repeated(part, 10_001), rest]));
    assert.ok(parts.isFull);
    assert.throws(() => checkParts(parts), isTooLarge("parts", words));
  }
});

test("coefficients of a progressive JPEG take memory", async () => {
  const parts = countParts("JPEG", await golden("jpeg-progressive.jpg"));
  assert.ok(parts.coefficientBytes > 0);
  parts.coefficientBytes = 6 * 64e6;
  assert.throws(
    () => checkWork("JPEG", 8000, 8000, parts, MAX_PIXELS),
    isTooLarge("bytes", /MB of memory, the limit is 480 MB/),
  );
  checkWork("JPEG", 8000, 8000, parts, 2 * MAX_PIXELS);
});

test("scans of a large picture", async () => {
  const parts = countParts("JPEG", await golden("jpeg-progressive.jpg"));
  parts.scans = 17;
  assert.throws(
    () => checkWork("JPEG", 8000, 8000, parts, 1),
    isTooLarge("parts", /^17 scans of 8000x8000$/),
  );
});

test("a side that is too long, and what resizing would make", () => {
  assert.throws(() => checkSize(1, 65_536, MAX_PIXELS), isTooLarge("side", /more than 65,535 pixels/));
  checkSize(1, 65_535, MAX_PIXELS);
  assert.throws(() => checkResized(4096, 12_000), isTooLarge("resized", /4096x12000 .* 48 megapixels/));
  const thin = { width: 2, height: 12_000, data: new Uint8Array(8 * 12_000) };
  const wanted = { width: 4096, height: 8, channels: 3, fit: "squash", filter: "pillow-bilinear" } as const;
  assert.throws(() => prepare(thin, wanted), isTooLarge("resized", /4096x12000/));
});

test("the size of a WebP stands in its header", async () => {
  const names = ["webp-lossy.webp", "webp-lossless.webp", "webp-animated.webp"];
  const sizes = await Promise.all(names.map(async (name) => webpSize(await golden(name))));
  for (const size of sizes) assert.deepEqual(size, sizes[0]);
  assert.deepEqual(webpSize(Uint8Array.from("RIFF1234WEBPWHAT", (c) => c.charCodeAt(0))), [0, 0]);
});

test("walks end where the file ends", async () => {
  for (const [name, kind] of ORDINARY) {
    const bytes = await golden(name);
    for (let length = 0; length < bytes.length; length += 97) countParts(kind, bytes.subarray(0, length));
  }
});
