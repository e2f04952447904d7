/** The parsers of photos, byte by byte: kinds, damage, orientation, sizes, and what is left for the browser. */

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { deflateSync } from "node:zlib";

import { type Bytes, crc32, pythonRepr } from "../src/photo/bytes";
import { PhotoError } from "../src/photo/error";
import { orientation } from "../src/photo/exif";
import { jpegDamage, openJpeg } from "../src/photo/jpeg";
import { lzw } from "../src/photo/lzw";
import { type Encoded, type Opened, overWhite } from "../src/photo/photo";
import { checkWhole, openPng } from "../src/photo/png";
import { PngTexts } from "../src/photo/pngtext";
import { upright } from "../src/photo/upright";
import { openWebp } from "../src/photo/webp";

const IMAGES = join(process.cwd(), "..", "tests", "goldens", "images");

const ascii = (text: string): Bytes => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const golden = async (name: string): Promise<Bytes> => new Uint8Array(await readFile(join(IMAGES, name)));

function isPhotoError(what: string, words: RegExp): (thrown: unknown) => boolean {
  return (thrown) => thrown instanceof PhotoError && thrown.what === what && words.test(thrown.message);
}

const handedOn = (photo: Opened): string => Buffer.from((photo.picture as Encoded).colors).toString("latin1");

test("bytes are quoted as Python quotes them", () => {
  assert.equal(pythonRepr(ascii("IDAT")), "b'IDAT'");
  assert.equal(pythonRepr(ascii("\0\n\r\t")), "b'\\x00\\n\\r\\t'");
  assert.equal(pythonRepr(ascii("it's")), 'b"it\'s"');
  assert.equal(pythonRepr(ascii("'\"\\\xff")), "b'\\'\"\\\\\\xff'");
});

test("CRC-32 is zlib's", () => {
  assert.equal(crc32(ascii("123456789")), 0xcbf43926);
  assert.equal(crc32(new Uint8Array()), 0);
});

test("a value over white is the nearest of its exact one", () => {
  for (let alpha = 0; alpha < 256; alpha++) {
    for (let value = 0; value < 256; value++) {
      const exact = (value * alpha + 255 * (255 - alpha)) / 255;
      if (overWhite(value, alpha) !== Math.round(exact)) assert.fail(`${value} under ${alpha}`);
    }
  }
});

test("a JPEG's end marker is looked for behind its first scan", async () => {
  const whole = await golden("jpeg-420.jpg");
  assert.equal(jpegDamage(whole), null);
  assert.equal(jpegDamage(whole.slice(0, -2))?.code, "damage.end-marker");
  const thumbnail = Uint8Array.of(0xff, 0xd8, 0xff, 0xe1, 0, 4, 0xff, 0xd9, ...whole.slice(2, -2));
  assert.equal(jpegDamage(thumbnail)?.code, "damage.end-marker");
  assert.throws(
    () => openJpeg(whole.slice(0, -2)),
    isPhotoError("jpeg-truncated", /^damaged or truncated: the file/),
  );
});

test("a JPEG is handed on without what turns or colors it", async () => {
  for (const name of [
    "jpeg-exif-6.jpg",
    "jpeg-icc.jpg",
    "jpeg-cmyk.jpg",
    "jpeg-exif-6-grey-progressive.jpg",
  ]) {
    const bytes = await golden(name);
    const photo = openJpeg(bytes);
    assert.deepEqual([photo.width, photo.height], [101, 67]);
    const left = handedOn(photo);
    assert.doesNotMatch(left, /Exif|ICC_PROFILE/);
    assert.equal(left.includes("Adobe"), name === "jpeg-cmyk.jpg");
    assert.equal(left.startsWith("\xff\xd8\xff"), true);
    assert.equal(orientation(photo.exif), name.includes("exif") ? 6 : 1);
  }
});

test("a PNG's chunks are held to their checksums", async () => {
  const whole = await golden("png-rgb.png");
  checkWhole(whole);
  const changed = whole.slice();
  changed[50]! ^= 1;
  const place = isPhotoError("png-crc", /^damaged or truncated: chunk b'IDAT' does not match its checksum$/);
  assert.throws(() => checkWhole(changed), place);
  assert.throws(
    () => checkWhole(whole.slice(0, -12)),
    isPhotoError("png-truncated", /ends before its end chunk$/),
  );
  assert.throws(() => checkWhole(whole.slice(0, 100)), isPhotoError("png-truncated", /ends within a chunk$/));
});

test("16 bits a channel are refused before anything else", async () => {
  const bytes = (await golden("png-rgb.png")).slice(0, 40);
  bytes[24] = 16;
  assert.throws(() => openPng(bytes), isPhotoError("16-bit", /^16 bits a channel$/));
});

test("texts that unpack to more than a megabyte are refused", async () => {
  const text = (size: number): Bytes =>
    Buffer.concat([ascii("a\0\0"), deflateSync(new Uint8Array(size))]) as unknown as Bytes;
  const texts = new PngTexts();
  assert.match(texts.check("zTXt", new Uint8Array(text(2 << 20))), /too large/);
  assert.match(texts.check("iCCP", new Uint8Array(text(2 << 20))), /too large/);
  assert.equal(texts.check("zTXt", new Uint8Array(text(1000))), "");
  assert.equal(texts.check("zTXt", ascii("a\0\0broken")), "");
  assert.equal(texts.check("tIME", new Uint8Array(7)), "");
  assert.match(texts.check("zTXt", ascii("a\0\x01")), /compression method 1/);
  const mebibyte = new Uint8Array(2 ** 20 + 2).fill(97);
  mebibyte[1] = 0;
  for (let i = 0; i < 63; i++) assert.equal(texts.check("tEXt", mebibyte), "");
  assert.match(texts.check("tEXt", mebibyte), /^Too much memory used in text chunks: /);
});

test("a lossy WebP is taken apart and put together, a lossless one is decoded here", async () => {
  const names = (await readdir(IMAGES)).filter((name) => name.endsWith(".webp"));
  assert.ok(names.length >= 8);
  for (const name of names) {
    const photo = openWebp(await golden(name));
    assert.deepEqual([photo.width, photo.height], [101, 67], name);
    assert.equal(orientation(photo.exif), name === "webp-exif-6.webp" ? 6 : 1);
    const lossless = Buffer.from(await golden(name)).includes("VP8L");
    assert.equal(typeof photo.picture === "function", lossless, name);
    if (typeof photo.picture === "function") continue;
    const left = handedOn(photo);
    assert.equal(left.length, 8 + Buffer.from(left, "latin1").readUInt32LE(4));
    assert.doesNotMatch(left, /EXIF|ICCP|ANMF|ALPH/);
    assert.deepEqual(openWebp(ascii(left)).width, 101);
  }
  const whole = await golden("webp-lossy.webp");
  assert.throws(() => openWebp(whole.slice(0, -1)), isPhotoError("header", /^damaged WEBP header$/));
});

test("a broken lossless WebP is refused or gives other pixels", async () => {
  const whole = await golden("webp-lossless-alpha.webp");
  const flat = upright(101, 67, 1);
  for (let at = 25; at < whole.length; at += 7) {
    const broken = whole.slice();
    broken[at]! ^= 1 << (at % 8);
    try {
      const photo = openWebp(broken);
      if (typeof photo.picture === "function") assert.equal(photo.picture(flat).length, 4 * 101 * 67);
    } catch (thrown) {
      assert.ok(thrown instanceof PhotoError, String(thrown));
    }
  }
});

function tiff(type: number, count: number, value: readonly number[]): Bytes {
  const entry = [0x12, 1, type, 0, count, 0, 0, 0, ...value];
  return Uint8Array.of(...ascii("II*\0"), 8, 0, 0, 0, 1, 0, ...entry, 0, 0, 0, 0);
}

test("an orientation is a number from 1 to 8, whatever its type", () => {
  assert.equal(orientation(null), 1);
  for (let turn = 1; turn <= 8; turn++) assert.equal(orientation(tiff(3, 1, [turn, 0, 0, 0])), turn);
  assert.equal(orientation(tiff(4, 1, [5, 0, 0, 0])), 5);
  assert.equal(orientation(tiff(6, 1, [7, 0, 0, 0])), 7);
  for (const wrong of [tiff(3, 1, [9, 0, 0, 0]), tiff(3, 1, [0, 0, 0, 0]), tiff(1, 1, [6, 0, 0, 0])]) {
    assert.equal(orientation(wrong), 1);
  }
  assert.equal(orientation(ascii("Exif\0\0")), 1);
  assert.equal(orientation(ascii("II*\0\xff\xff\xff\xff")), 1);
});

test("an orientation survives no cut, and no cut breaks the reader", () => {
  const whole = tiff(3, 1, [6, 0, 0, 0]);
  for (let length = 0; length < whole.length; length++) {
    assert.equal(orientation(whole.slice(0, length)), length < 22 ? 1 : 6, `${length} bytes`);
  }
});

test("the eight turns put each pixel at its place", () => {
  // The file's rows are "abc" and "def".
  const seen = ["abcdef", "cbafed", "fedcba", "defabc", "adbecf", "daebfc", "fcebda", "cfbead"];
  for (const [i, expected] of seen.entries()) {
    const { width, height, start, right, down } = upright(3, 2, i + 1);
    assert.deepEqual([width, height], i < 4 ? [3, 2] : [2, 3]);
    const out: string[] = Array(6).fill("?");
    [..."abcdef"].forEach(
      (letter, at) => (out[start + (at % 3) * right + Math.floor(at / 3) * down] = letter),
    );
    assert.equal(out.join(""), expected);
  }
});

test("LZW: the codes of the GIF specification, and what is wrong with others", () => {
  // Ten pixels 1 1 1 1 1 2 2 2 2 2 in codes of three bits and more.
  const codes = Uint8Array.of(3, 0x8c, 0x2d, 0x99, 0);
  const whole = Uint8Array.of(
    22,
    0x8c,
    0x2d,
    0x99,
    0x87,
    0x2a,
    0x1c,
    0xdc,
    0x33,
    0xa0,
    2,
    0x75,
    0xec,
    0x95,
    0xfa,
    0xa8,
    0xde,
    0x60,
    0x8c,
    4,
    0x91,
    0x4c,
    1,
    0,
  );
  assert.deepEqual([...lzw(whole, 2, 10)], [1, 1, 1, 1, 1, 2, 2, 2, 2, 2]);
  assert.equal(lzw(whole, 2, 100).length, 100);
  assert.throws(() => lzw(whole, 2, 101), isPhotoError("decode", /truncated/));
  assert.throws(() => lzw(codes.slice(0, 3), 2, 10), isPhotoError("decode", /truncated/));
  assert.throws(() => lzw(Uint8Array.of(1, 0x3c), 2, 10), isPhotoError("decode", /broken data stream/));
  assert.throws(() => lzw(whole, 13, 10), isPhotoError("decode", /configuration/));
});
