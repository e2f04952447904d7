/** The kind of a file by its first bytes: Python's `kind_of`, and what within the five formats is not read. */

import { told } from "../messages/message";
import { ENGLISH } from "../messages/en";
import { type Bytes, fourcc, startsWith, u16, u32, u32le } from "./bytes";
import { PhotoError } from "./error";
import { type FileKind, type Foreign, type Kind, KINDS, MEDIA_BRANDS, RIFF_KINDS, SIGNATURES } from "./kinds";

export type { Kind } from "./kinds";

/** More than is looked at to tell a kind. */
export const HEAD_BYTES = 1024;

const GENERIC_BRANDS = ["mif1", "msf1"];
const MOVIE_ATOMS = ["moov", "mdat", "wide", "free", "skip", "pnot"];
const MOST_BRANDS = 16;
const MOST_ENTRIES = 200;
/** TIFF tags: the kind of picture (1: a small one, the photo is elsewhere), compression, and the version of DNG. */
const [SUBFILE, COMPRESSION, DNG] = [254, 259, 50706];
/** Of Sony, Nikon and Pentax. */
const RAW_COMPRESSIONS = [32767, 34713, 65535];
/** JPEG's frames by their marker (ITU-T T.81, table B.1); null: baseline, extended and progressive are read. */
const JPEG_FRAMES: Readonly<Record<number, Foreign | null>> = {
  ...{ 0xc0: null, 0xc1: null, 0xc2: null, 0xc3: "jpeg-lossless", 0xcb: "jpeg-lossless" },
  ...{ 0xc9: "jpeg-arithmetic", 0xca: "jpeg-arithmetic", 0xf7: "jpeg-ls" },
  ...{ 0xc5: "jpeg-hierarchical", 0xc6: "jpeg-hierarchical", 0xc7: "jpeg-hierarchical" },
  ...{ 0xcd: "jpeg-hierarchical", 0xce: "jpeg-hierarchical", 0xcf: "jpeg-hierarchical" },
  0xde: "jpeg-hierarchical",
};
/** Sizes of the header that follows a BMP's first 14 bytes: "BM" alone begins many a file. */
const BMP_HEADERS = [12, 16, 40, 52, 56, 64, 108, 124];
/** BMP: JPEG, PNG, alpha masks and CMYK by Windows; Huffman and 24-bit runs by OS/2. */
const BMP_COMPRESSIONS = [4, 5, 6, 11, 12, 13];

/** @throws PhotoError "unsupported" that says what the file is instead of a photo. */
export function sniff(bytes: Bytes): Kind {
  const kind = kindOf(bytes);
  if (kind in KINDS) throw notRead(kind as Foreign);
  return kind as Kind;
}

export function notRead(kind: Foreign): PhotoError {
  const message = told("photo.kind", { kind: told(`kind.${kind}`) });
  return new PhotoError("unsupported", kind, message, ENGLISH[`advice.${KINDS[kind][0]}`]);
}

/** One of the five formats, or what the file is instead. */
export function kindOf(bytes: Bytes): Kind | Foreign {
  for (const [kind, at, ...magics] of SIGNATURES) {
    if (!magics.some((magic) => startsWith(bytes, magic, at))) continue;
    return kind === "tiff" && isRaw(bytes) ? "raw" : kind;
  }
  if (startsWith(bytes, "RIFF")) return RIFF_KINDS[fourcc(bytes, 8)] ?? "not-an-image";
  if (startsWith(bytes, "ftyp", 4)) return mediaKind(bytes);
  if (bytes[0] === 0 && MOVIE_ATOMS.includes(fourcc(bytes, 4))) return "video";
  const text = textOf(bytes.subarray(0, HEAD_BYTES));
  if (text === null) return startsWith(bytes, "BM") ? "BMP" : "not-an-image";
  return textKind(text);
}

/** Whether a file begins like a photo, of a kind that is read or not: what a walk through folders takes. */
export function isPhotoHead(head: Bytes): boolean {
  const kind = kindOf(head);
  if (kind === "BMP") return head.length >= 18 && BMP_HEADERS.includes(u32le(head, 14));
  const [, photo]: FileKind = kind in KINDS ? KINDS[kind as Foreign] : ["choose", "photo"];
  return photo === "photo";
}

/**
 * The kind of a JPEG that decoders of photos do not read, or that they do not read alike; null for others.
 *
 * @param content of the segment, without its length.
 */
export function jpegVariant(marker: number, content: Bytes): Foreign | null {
  const kind = JPEG_FRAMES[marker];
  const [bits, channels] = [content[0], content[5] ?? 0];
  if (kind === undefined || content.length !== 6 + 3 * channels) return null;
  if (kind !== null) return kind;
  if (bits === 12) return "jpeg-12-bit";
  return bits === 8 && ![1, 3, 4].includes(channels) ? "jpeg-channels" : null;
}

/** The kind of a BMP whose header is whole and that is not read; null for others. */
export function bmpVariant(bytes: Bytes): Foreign | null {
  if (bytes.length < 18) return null;
  const size = u32le(bytes, 14);
  if (size === 16) return "bmp-header";
  if (size < 40 || bytes.length < 14 + size) return null;
  if (BMP_COMPRESSIONS.includes(u32le(bytes, 30))) return "bmp-compression";
  return [2, 64].includes(bytes[28]! | (bytes[29]! << 8)) ? "bmp-pixels" : null;
}

/** The kind of an ISO media file by its main brand, then by those that it is compatible with. */
function mediaKind(bytes: Bytes): Foreign {
  const size = Math.min(u32(bytes, 0), 16 + 4 * MOST_BRANDS, bytes.length);
  const main = fourcc(bytes, 8);
  if (main in MEDIA_BRANDS) return MEDIA_BRANDS[main]!;
  if (!GENERIC_BRANDS.includes(main)) return "video";
  for (let at = 16; at + 4 <= size; at += 4) {
    const kind = MEDIA_BRANDS[fourcc(bytes, at)];
    if (kind !== undefined) return kind;
  }
  return "heic";
}

/** Whether a TIFF's first directory says that it is a camera's raw file: DNG, NEF, ARW, PEF, ... */
function isRaw(bytes: Bytes): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = bytes[0] === 0x49;
  const short = (at: number): number => (at + 2 <= bytes.length ? view.getUint16(at, little) : 0);
  const long = (at: number): number => (at + 4 <= bytes.length ? view.getUint32(at, little) : 0);
  const start = long(4);
  const entries = Math.min(short(start), MOST_ENTRIES);
  for (let at = start + 2; at < start + 2 + 12 * entries; at += 12) {
    const tag = short(at);
    if (tag === DNG || (tag === SUBFILE && long(at + 8) === 1)) return true;
    if (tag === COMPRESSION && RAW_COMPRESSIONS.includes(short(at + 8))) return true;
  }
  return false;
}

/** The beginning of a text in UTF-8 or, with a mark, UTF-16; null for anything else. */
function textOf(head: Bytes): string | null {
  const mark = head.length < 2 ? 0 : u16(head, 0);
  const name = mark === 0xfffe ? "utf-16le" : mark === 0xfeff ? "utf-16be" : "utf-8";
  try {
    // A letter that the head cuts off is no fault.
    const text = new TextDecoder(name, { fatal: true }).decode(head, { stream: true });
    return [...text].some((letter) => letter < "\t") ? null : text;
  } catch {
    return null;
  }
}

function textKind(text: string): Foreign {
  const start = text.replace(/^[ \t\n\v\f\r]+/, "").toLowerCase();
  if (/^(<!doctype html|<html|<head|<body)/.test(start)) return "web-page";
  if (!/^(<\?xml|<!doctype|<svg)/.test(start)) return "text";
  return start.includes("<svg") ? "svg" : start.includes("<html") ? "web-page" : "xml";
}
