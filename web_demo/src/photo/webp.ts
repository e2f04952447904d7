/** WebP: its size, its EXIF block, and its first picture as a file of its own (container specification of libwebp). */

import { type Bytes, fourcc, joined, u24le, u32le } from "./bytes";
import { badHeader, type PhotoError } from "./error";
import type { Encoded, Opened } from "./photo";

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
  const picture = encoded(still([...chunksOf(bytes.subarray(12, end), true)]));
  return { width: picture.width, height: picture.height, exif: null, picture };
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
    return { width, height, exif, picture: encoded(opaque(picture, clear)) };
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
  return { width, height, exif: null, picture: { ...encoded(opaque(picture, clear)), x, y, around } };
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

/** Where a file says that it has no transparency, Pillow shows the colors under it. */
function opaque(picture: Still, clear: boolean): Still {
  return clear ? picture : { ...picture, alpha: null, image: withoutAlpha(picture.image) };
}

/** The same colors, and the bit off that says that a lossless picture has an alpha. */
function withoutAlpha(image: Chunk): Chunk {
  if (image.name !== "VP8L") return image;
  const content = image.content.slice();
  content[4]! &= ~LOSSLESS_ALPHA;
  return { name: "VP8L", content };
}

function encoded({ width, height, alpha, image }: Still): Encoded {
  const colours = riff([withoutAlpha(image)]);
  let transparent: Bytes | null = null;
  if (alpha !== null) transparent = riff([extended(width, height), alpha, image]);
  else if (image.name === "VP8L" && (image.content[4]! & LOSSLESS_ALPHA) !== 0) transparent = riff([image]);
  return { format: "webp", colours, transparent, isCmyk: false, x: 0, y: 0, width, height, around: WHITE };
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
