/** The kind of a file by its first bytes, never by its name: the counterpart of Python's `_sniff`. */

import { type Bytes, fourcc, latin1, startsWith } from "./bytes";
import { PhotoError, SUPPORTED } from "./error";

export type Kind = "JPEG" | "PNG" | "WEBP" | "BMP" | "GIF";

const OURS: readonly (readonly [magic: string, kind: Kind])[] = [
  ["\xff\xd8\xff", "JPEG"],
  ["\x89PNG\r\n\x1a\n", "PNG"],
  ["BM", "BMP"],
  ["GIF87a", "GIF"],
  ["GIF89a", "GIF"],
];

/** @throws PhotoError "unsupported" that says what the file is instead of a photo. */
export function sniff(bytes: Bytes): Kind {
  for (const [magic, kind] of OURS) if (startsWith(bytes, magic)) return kind;
  if (startsWith(bytes, "RIFF") && startsWith(bytes, "WEBP", 8)) return "WEBP";
  const [what, words] = foreign(bytes);
  throw new PhotoError("unsupported", what, `this is ${words}`, `${SUPPORTED}; convert it to one of these`);
}

function foreign(bytes: Bytes): readonly [what: string, words: string] {
  if (startsWith(bytes, "II*\0") || startsWith(bytes, "MM\0*")) return ["tiff", "a TIFF image"];
  if (startsWith(bytes, "%PDF")) return ["pdf", "a PDF document"];
  if (startsWith(bytes, "ftyp", 4)) {
    const avif = ["avif", "avis"].includes(fourcc(bytes, 8));
    return avif ? ["avif", "an AVIF image"] : ["heic", "a HEIC photo or a video"];
  }
  const head = bytes.subarray(0, 512);
  const text = latin1(head)
    .replace(/^[\t\n\v\f\r ]+/, "")
    .toLowerCase();
  if (text.startsWith("<?xml") || text.startsWith("<svg")) return ["svg", "an SVG drawing or XML"];
  if (head.every((byte) => byte >= 9 && byte < 128)) return ["text", "text"];
  return ["not-an-image", "not an image, or a damaged one"];
}
