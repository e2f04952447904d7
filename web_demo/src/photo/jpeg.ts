/** JPEG: whether it is whole, its size, its EXIF block, and its bytes without what makes decoders differ. */

import { told, type Told } from "../messages/message";
import { type Bytes, joined, Reader, startsWith, u16 } from "./bytes";
import { badBody, badHeader } from "./error";
import { isExif, joinExif } from "./exif";
import { hasLength, isFrame } from "./parts";
import type { Encoded, Opened } from "./photo";
import { jpegVariant, notRead } from "./sniff";

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const DQT = 0xdb;
const COM = 0xfe;
const TEM = 0x01;
const LAYERS = [1, 3, 4];

/** What the walk to the first scan has gathered. */
interface Header {
  size: readonly [width: number, height: number];
  layers: number;
  readonly exif: Bytes[];
}

export function openJpeg(bytes: Bytes): Opened {
  const reason = jpegDamage(bytes);
  if (reason !== null) throw badBody("jpeg-truncated", reason);
  const header = walk(bytes);
  const [width, height] = header.size;
  if (width < 1 || height < 1 || header.layers === 0)
    throw badHeader("JPEG", "not identified by this driver");
  const picture: Encoded = {
    ...{ format: "jpeg", colors: essence(bytes), transparent: null, isCmyk: header.layers === 4 },
    ...{ x: 0, y: 0, width, height, around: 0 },
  };
  return { width, height, exif: joinExif(header.exif), picture };
}

/** Why the file is not whole, as in `gemelo/preprocessing/image_integrity.py`: an end marker must follow the first scan. */
export function jpegDamage(bytes: Bytes): Told | null {
  let at = 2;
  while (at + 4 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1]!;
    if (marker === SOS) return endsAfter(bytes, at);
    const alone = marker === 0xff || marker === 0x01 || (marker >= 0xd0 && marker <= SOI);
    const length = (bytes[at + 2]! << 8) | bytes[at + 3]!;
    at += alone ? (marker === 0xff ? 1 : 2) : 2 + length;
  }
  return endsAfter(bytes, 2);
}

function endsAfter(bytes: Bytes, from: number): Told | null {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    if (bytes[at + 1] === 0xd9) return null;
  }
  return told("damage.end-marker");
}

/** Pillow's own walk (JpegImagePlugin): what it trips over is refused here as well. */
function walk(bytes: Bytes): Header {
  const header: Header = { size: [0, 0], layers: 0, exif: [] };
  const reader = new Reader(bytes, "JPEG", 2);
  while (reader.left >= 2) {
    if (bytes[reader.at] !== 0xff) {
      reader.at += 1;
      continue;
    }
    const marker = bytes[reader.at + 1]!;
    if (marker > 0 && marker < 0xc0) throw badHeader("JPEG", "no marker found");
    refuseVariant(bytes, reader.at);
    reader.at += marker === 0xff ? 1 : 2;
    if (!hasLength(marker)) continue;
    const content = reader.take(reader.u16be() - 2);
    if (marker === SOS) break;
    read(header, marker, content);
  }
  return header;
}

/** Refuses frames that decoders do not read, or do not read alike. */
function refuseVariant(bytes: Bytes, at: number): void {
  if (at + 10 > bytes.length) return;
  const content = bytes.subarray(at + 4, at + 2 + u16(bytes, at + 2));
  const kind = jpegVariant(bytes[at + 1]!, content);
  if (kind !== null) throw notRead(kind);
}

const isApplication = (marker: number): boolean => marker >= 0xe0 && marker <= 0xef;

function read(header: Header, marker: number, content: Bytes): void {
  if (isFrame(marker)) readFrame(header, content);
  if (marker === DQT) checkTables(content);
  const name = marker === 0xe0 ? "JFIF" : marker === 0xee ? "Adobe" : null;
  if (name !== null && startsWith(content, name) && content.length < 7) {
    throw badHeader("JPEG", `a ${name} segment of ${content.length} bytes`);
  }
  if (marker === 0xe1 && isExif(content)) header.exif.push(content);
}

function readFrame(header: Header, content: Bytes): void {
  if (content.length < 6) throw badHeader("JPEG", "index out of range");
  if (content[0] !== 8) throw badHeader("JPEG", `cannot handle ${content[0]}-bit layers`);
  const layers = content[5]!;
  if (!LAYERS.includes(layers)) throw badHeader("JPEG", `cannot handle ${layers}-layer images`);
  if (content.length % 3 !== 0) throw badHeader("JPEG", "index out of range");
  header.size = [(content[3]! << 8) | content[4]!, (content[1]! << 8) | content[2]!];
  header.layers = layers;
}

function checkTables(content: Bytes): void {
  for (let at = 0; at < content.length;) {
    at += 1 + (content[at]! >> 4 === 0 ? 64 : 128);
    if (at > content.length) throw badHeader("JPEG", "bad quantization table marker");
  }
}

/**
 * The same picture in a file that every decoder reads alike: without comments, the segments of applications (EXIF and
 * profiles among them), and bytes that belong to no segment.
 *
 * The segments are found as libjpeg finds them (jdmarker.c), for it is libjpeg that gives Pillow and browsers their
 * pixels: what lies between segments is skipped, and a length is believed.
 */
function essence(bytes: Bytes): Bytes {
  const parts: Bytes[] = [bytes.subarray(0, 2)];
  for (let at = nextMarker(bytes, 2); at + 2 <= bytes.length; at = nextMarker(bytes, at)) {
    const marker = bytes[at + 1]!;
    if (marker === SOS || marker === EOI) {
      parts.push(bytes.subarray(at));
      break;
    }
    const alone = marker === TEM || (marker >= 0xd0 && marker <= SOI);
    const end = at + 2 + (alone || at + 4 > bytes.length ? 0 : Math.max(2, u16(bytes, at + 2)));
    if (!isBeside(marker, bytes.subarray(at + 4, end))) parts.push(bytes.subarray(at, end));
    at = end;
  }
  return joined(parts);
}

/** Where the next marker begins: an 0xFF before a byte that is neither 0 nor another 0xFF. */
function nextMarker(bytes: Bytes, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const marker = bytes[at + 1];
    if (marker !== undefined && marker !== 0 && marker !== 0xff) return at;
  }
  return bytes.length;
}

/** Whether a segment says nothing of the pixels: of the applications', two say how colors are stored. */
function isBeside(marker: number, content: Bytes): boolean {
  if (marker === 0xe0 && startsWith(content, "JFIF")) return false;
  if (marker === 0xee && startsWith(content, "Adobe")) return false;
  return isApplication(marker) || marker === COM;
}
