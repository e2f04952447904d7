/**
 * WebP: its size, its EXIF block, and its first picture (container specification of libwebp).
 *
 * A lossy picture becomes a file of its own, which the browser decodes; a lossless one is decoded here.
 */

import { type Bytes, fourcc, joined, u24le, u32le } from "./bytes";
import { badHeader, type PhotoError } from "./error";
import type { Encoded, Opened, Painted } from "./photo";
import { blended } from "./pngpixels";
import type { Layout } from "./upright";
import { decodeVp8l } from "./vp8l";

const ANIMATION = 0x02;
const EXIF = 0x08;
const ALPHA = 0x10;
const LOSSLESS_ALPHA = 0x10; // in the fifth byte of a VP8L (WebP lossless specification, 3.4)
const BROKEN = "could not create decoder object"; // what Pillow says of all of them
const WHITE = 255;
const BLACK = 0;

interface Chunk {
  readonly name: string;
  readonly content: Bytes;
}

/** One picture: VP8 with or without a plane of alpha, or VP8L. */
interface Still {
  readonly width: number;
  readonly height: number;
  readonly alpha: Chunk | null;
  readonly image: Chunk;
}

export function openWebp(bytes: Bytes): Opened {
  const end = 8 + (bytes.length >= 8 ? u32le(bytes, 4) : 0);
  if (bytes.length < 20 || end < 16 || end > bytes.length) throw broken();
  const first = fourcc(bytes, 12);
  if (first === "VP8X") return openExtended([...chunksOf(bytes.subarray(12, end))]);
  if (first !== "VP8 " && first !== "VP8L") throw badHeader("WEBP", "not a WEBP file");
  const picture = still([...chunksOf(bytes.subarray(12, end), true)]);
  const { width, height } = picture;
  return { width, height, exif: null, picture: pictureOf(picture, true) };
}

const broken = (): PhotoError => badHeader("WEBP", BROKEN);

function* chunksOf(bytes: Bytes, firstOnly = false): Generator<Chunk> {
  for (let at = 0; at < bytes.length;) {
    if (at + 8 > bytes.length) throw broken();
    const size = u32le(bytes, at + 4);
    const next = at + 8 + size + (size & 1);
    if (next > bytes.length) throw broken();
    yield { name: fourcc(bytes, at), content: bytes.subarray(at + 8, at + 8 + size) };
    if (firstOnly) return;
    at = next;
  }
}

function openExtended([header, ...chunks]: Chunk[]): Opened {
  const canvas = header!.content;
  if (canvas.length < 10 || chunks.some(({ name }) => name === "VP8X")) throw broken();
  const [flags, width, height] = [canvas[0]!, 1 + u24le(canvas, 4), 1 + u24le(canvas, 7)];
  const clear = (flags & ALPHA) !== 0;
  const exif = chunks.find(({ name }) => name === "EXIF" && (flags & EXIF) !== 0)?.content ?? null;
  if ((flags & ANIMATION) === 0) {
    if (chunks.some(({ name }) => name === "ANMF")) throw broken();
    const picture = still(chunks);
    if (picture.width !== width || picture.height !== height) throw broken();
    // A lossless picture that stands alone says itself whether it is transparent.
    return { width, height, exif, picture: pictureOf(picture, clear || picture.image.name === "VP8L") };
  }
  return { ...animated(chunks, width, height, clear), exif };
}

function animated(chunks: readonly Chunk[], width: number, height: number, clear: boolean): Opened {
  const frames = chunks.filter(({ name }) => name === "ANMF").map(({ content }) => frame(content));
  const begin = chunks.findIndex(({ name }) => name === "ANIM");
  const early = chunks.findIndex(({ name }) => name === "ANMF");
  const stray = chunks.some(({ name }) => ["VP8 ", "VP8L", "ALPH"].includes(name));
  if (begin < 0 || early < begin || stray || (chunks[begin]?.content.length ?? 0) < 6) throw broken();
  if (frames.some((each) => each.x + each.width > width || each.y + each.height > height)) throw broken();
  const { x, y, ...picture } = frames[0]!;
  // Pillow reads a canvas without alpha as it lies in memory, and there it began as zeros.
  const around = clear ? WHITE : BLACK;
  return { width, height, exif: null, picture: pictureOf(picture, clear, { x, y, around }) };
}

function frame(content: Bytes): Still & { x: number; y: number } {
  if (content.length < 16) throw broken();
  const picture = still([...chunksOf(content.subarray(16))]);
  if (picture.width !== 1 + u24le(content, 6) || picture.height !== 1 + u24le(content, 9)) throw broken();
  return { ...picture, x: 2 * u24le(content, 0), y: 2 * u24le(content, 3) };
}

/** The first picture among chunks: ALPH counts only before a VP8. */
function still(chunks: readonly Chunk[]): Still {
  const at = chunks.findIndex(({ name }) => name === "VP8 " || name === "VP8L");
  const image = chunks[at];
  if (image === undefined) throw broken();
  const alpha = chunks.slice(0, at).find(({ name }) => name === "ALPH") ?? null;
  if (alpha !== null && image.name === "VP8L") throw broken();
  return { ...sizeOf(image), alpha, image };
}

function sizeOf({ name, content }: Chunk): { width: number; height: number } {
  if (name === "VP8 ") {
    const key = content.length >= 10 && (content[0]! & 1) === 0;
    if (!key || u24le(content, 3) !== 0x2a019d) throw broken();
    const [width, height] = [6, 8].map((at) => (content[at]! | (content[at + 1]! << 8)) & 0x3fff) as [
      number,
      number,
    ];
    if (width === 0 || height === 0) throw broken();
    return { width, height };
  }
  if (content.length < 5 || content[0] !== 0x2f) throw broken();
  const bits = u32le(content, 1);
  return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
}

/** Where a picture lies in a photo that is larger, and the grey around it. */
interface Place {
  readonly x: number;
  readonly y: number;
  readonly around: number;
}

/** @param clear whether the file says that it has transparency; where not, Pillow shows the colors under it. */
function pictureOf(
  picture: Still,
  clear: boolean,
  place: Place = { x: 0, y: 0, around: WHITE },
): Encoded | Painted {
  const { width, height, alpha, image } = picture;
  if (image.name === "VP8L") return (upright) => paintLossless(picture, clear, place, upright);
  const transparent = alpha === null || !clear ? null : riff([extended(width, height), alpha, image]);
  const files = { format: "webp", colors: riff([image]), transparent, isCmyk: false } as const;
  return { ...files, ...place, width, height };
}

function paintLossless(
  { width, height, image }: Still,
  clear: boolean,
  { x, y, around }: Place,
  upright: Layout,
): Uint8ClampedArray {
  const argb = decodeVp8l(image.content, width, height);
  const opaque = !clear || (image.content[4]! & LOSSLESS_ALPHA) === 0;
  const data = new Uint8ClampedArray(4 * upright.width * upright.height);
  const words = new Uint32Array(data.buffer).fill(0xff000000 | (around * 0x010101));
  for (let row = 0, from = 0; row < height; row++) {
    let to = upright.start + x * upright.right + (y + row) * upright.down;
    for (const end = from + width; from < end; from++, to += upright.right) {
      const pixel = argb[from]!;
      const alpha = opaque ? 255 : pixel >>> 24;
      words[to] = blended((pixel >>> 16) & 255, (pixel >>> 8) & 255, pixel & 255, alpha);
    }
  }
  return data;
}

function extended(width: number, height: number): Chunk {
  const content = new Uint8Array(10);
  const view = new DataView(content.buffer);
  view.setUint32(4, width - 1, true);
  view.setUint16(7, (height - 1) & 0xffff, true);
  content.set([(height - 1) >> 16], 9);
  content[0] = ALPHA;
  return { name: "VP8X", content };
}

function riff(chunks: readonly Chunk[]): Bytes {
  const parts = chunks.flatMap(({ name, content }) => {
    const padding = new Uint8Array(content.length & 1);
    return [header(name, content.length), content, padding];
  });
  const size = parts.reduce((sum, part) => sum + part.length, 4);
  return joined([header("RIFF", size), Uint8Array.from("WEBP", (letter) => letter.charCodeAt(0)), ...parts]);
}

function header(name: string, size: number): Bytes {
  const bytes = new Uint8Array(8);
  bytes.set(Uint8Array.from(name, (letter) => letter.charCodeAt(0)));
  new DataView(bytes.buffer).setUint32(4, size, true);
  return bytes;
}
