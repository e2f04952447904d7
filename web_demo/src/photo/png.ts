/**
 * PNG, decoded here: browsers round transparency differently, and not all of them refuse what Pillow refuses.
 *
 * A port of Pillow's PngImagePlugin; the container here, the pixels in pngpixels.ts.
 */

import { told } from "../messages/message";
import { ENGLISH } from "../messages/en";
import { type Bytes, crc32, fourcc, joined, pythonRepr, u16, u32 } from "./bytes";
import { badBody, badHeader, PhotoError } from "./error";
import type { Opened } from "./photo";
import { GREY, type Layout, paintPng, PALETTE, RGB } from "./pngpixels";
import { PngTexts } from "./pngtext";

const DEPTHS: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8],
  2: [8],
  3: [1, 2, 4, 8],
  4: [8],
  6: [8],
};
// Shorter than this, and Pillow refuses the whole file.
const SHORTEST: Readonly<Record<string, number>> = {
  IHDR: 13,
  gAMA: 4,
  cHRM: 32,
  sRGB: 1,
  pHYs: 9,
};

// Only the first picture counts: damage to what follows it is none.
const ANIMATION = ["acTL", "fcTL", "fdAT"];

interface Chunk {
  readonly name: string;
  readonly content: Bytes;
  /** Where it begins, at its length. */
  readonly at: number;
}

type Header = Pick<Layout, "width" | "height" | "depth" | "color" | "interlaced">;

export function openPng(bytes: Bytes): Opened {
  if (bytes[24] === 16) {
    throw new PhotoError("unsupported", "16-bit", told("photo.16-bit"), ENGLISH["hint.8-bits"]);
  }
  checkWhole(bytes);
  const chunks = [...chunksOf(bytes)].filter(({ name }) => !ANIMATION.includes(name));
  const pixels = chunks.findIndex(({ name }) => name === "IDAT");
  if (pixels < 0) throw badHeader("PNG", "not identified by this driver");
  const header = readHeader(chunks.slice(0, pixels));
  checkOthers(chunks, pixels, header);
  const { width, height } = header;
  const exif = last("eXIf", chunks) ?? null;
  const layout = { ...header, palette: paletteOf(chunks, pixels, header), clear: clearOf(chunks, header) };
  return { width, height, exif, picture: (upright) => paintPng(dataOf(chunks, pixels), layout, upright) };
}

/** Walk the chunks: length, type, content, CRC-32 (PNG specification, 5.3), as in `gemelo/preprocessing/image_integrity.py`. */
export function checkWhole(bytes: Bytes): void {
  for (const { name, at } of chunksOf(bytes)) {
    const end = at + 12 + u32(bytes, at);
    if (end > bytes.length) throw badBody("png-truncated", told("damage.within-chunk"));
    if (crc32(bytes.subarray(at + 4, end - 4)) !== u32(bytes, end - 4)) {
      const quoted = pythonRepr(bytes.subarray(at + 4, at + 8));
      throw badBody("png-crc", told("damage.checksum", { chunk: quoted }));
    }
    if (name === "IEND") return;
  }
  throw badBody("png-truncated", told("damage.end-chunk"));
}

function* chunksOf(bytes: Bytes): Generator<Chunk> {
  for (let at = 8; at + 12 <= bytes.length;) {
    const length = u32(bytes, at);
    const name = fourcc(bytes, at + 4);
    yield { name, content: bytes.subarray(at + 8, at + 8 + length), at };
    if (name === "IEND") return;
    at += 12 + length;
  }
}

/** Where a chunk stands twice, the later one counts. */
function last(name: string, chunks: readonly Chunk[]): Bytes | undefined {
  return chunks.filter((chunk) => chunk.name === name).at(-1)?.content;
}

function readHeader(before: readonly Chunk[]): Header {
  const content = last("IHDR", before);
  if (content === undefined) throw badHeader("PNG", "not identified by this driver");
  if (content.length < 13) throw badHeader("PNG", "Truncated IHDR chunk");
  const [depth, color, , filter, interlaced] = content.subarray(8) as unknown as [
    number,
    number,
    number,
    number,
    number,
  ];
  if (filter !== 0) throw badHeader("PNG", "unknown filter category");
  const [width, height] = [u32(content, 0), u32(content, 4)];
  if (width < 1 || height < 1 || !(DEPTHS[color] ?? []).includes(depth)) {
    throw badHeader("PNG", "not identified by this driver");
  }
  return { width, height, depth, color, interlaced: interlaced !== 0 };
}

/** What Pillow refuses in chunks that have nothing to do with the pixels: texts that are bombs, above all. */
function checkOthers(chunks: readonly Chunk[], pixels: number, header: Header): void {
  const texts = new PngTexts();
  for (const [i, { name, content }] of chunks.entries()) {
    const before = i < pixels;
    const fail = (reason: string): PhotoError =>
      before ? badHeader("PNG", reason) : badBody("png-chunk", told("damage.chunk", { reason }));
    if (!/^\w{4}$/.test(name)) {
      if (before)
        throw fail(`broken PNG file (chunk ${pythonRepr(Uint8Array.from(name, (c) => c.charCodeAt(0)))})`);
      return; // after the pixels Pillow stops reading there
    }
    if (content.length < (SHORTEST[name] ?? 0)) throw fail(`Truncated ${name} chunk`);
    if (name === "tRNS") checkTransparency(content, header, fail);
    const reason = texts.check(name, content);
    if (reason !== "") throw fail(reason);
  }
}

type Fail = (reason: string) => PhotoError;

function checkTransparency(content: Bytes, { color }: Header, fail: Fail): void {
  const least = color === RGB ? 6 : color === GREY ? 2 : 0;
  if (content.length < least) throw fail("Truncated tRNS chunk");
}

/** The zlib stream of the first picture: its chunks follow each other. */
function dataOf(chunks: readonly Chunk[], pixels: number): Bytes {
  const end = chunks.findIndex(({ name }, i) => i > pixels && name !== "IDAT");
  return joined(chunks.slice(pixels, end < 0 ? chunks.length : end).map(({ content }) => content));
}

/** RGB of 256 colors: as Pillow has it, a palette that is too short goes on in black. */
function paletteOf(chunks: readonly Chunk[], pixels: number, { color }: Header): Bytes | null {
  if (color !== PALETTE) return null;
  const palette = last("PLTE", chunks.slice(0, pixels));
  if (palette === undefined) throw badBody("palette", told("damage.no-palette"));
  const whole = new Uint8Array(768);
  whole.set(palette.subarray(0, 768));
  return whole;
}

/**
 * What tRNS says, in the pixels' own depth: alphas of a palette's colors, or the samples of the one clear color.
 *
 * As Pillow has it, the chunk may stand anywhere. Bits beyond the depth do not count (PNG specification, 11.3.1.1).
 */
function clearOf(chunks: readonly Chunk[], { color, depth }: Header): readonly number[] | null {
  const content = last("tRNS", chunks);
  if (content === undefined || color > PALETTE) return null;
  if (color === PALETTE) return [...(isSimple(content) ? content.subarray(0, -1) : content.subarray(0, 256))];
  const samples = color === GREY ? [0] : [0, 2, 4];
  return samples.map((at) => u16(content, at) & ((1 << depth) - 1));
}

/** One clear color among opaque ones and a 10: to Pillow's regular expression that is a newline and no alpha. */
function isSimple(alphas: Bytes): boolean {
  const before = alphas.subarray(0, -1);
  const clear = before.filter((alpha) => alpha === 0).length;
  return alphas.at(-1) === 10 && clear === 1 && before.every((alpha) => alpha === 0 || alpha === 255);
}
