/** The compressed texts and profiles in a PNG: Pillow unpacks them, and refuses the file that overdoes it. */

import type { Bytes } from "./bytes";
import { inflate, InflateError } from "./inflate";

const MOST_OF_ONE = 1 << 20; // PngImagePlugin.MAX_TEXT_CHUNK
const MOST_OF_ALL = 64 << 20; // PngImagePlugin.MAX_TEXT_MEMORY
const TOO_LARGE = "Decompressed data too large for PngImagePlugin.MAX_TEXT_CHUNK";

type Length = number | "bomb" | "broken";

export class PngTexts {
  private total = 0;

  /** Why Pillow refuses this chunk; empty where it does not, or where it is no text. */
  check(name: string, content: Bytes): string {
    if (name === "iCCP") return this.profile(content);
    if (name === "tEXt") return this.count(textLength(content));
    if (name === "zTXt") return this.compressed(content);
    return name === "iTXt" ? this.international(content) : "";
  }

  private profile(content: Bytes): string {
    const at = content.indexOf(0) + 1;
    if (at >= content.length) return "index out of range";
    if (content[at] !== 0) return `Unknown compression method ${content[at]} in iCCP chunk`;
    return inflatedLength(content.subarray(at + 1)) === "bomb" ? TOO_LARGE : "";
  }

  private compressed(content: Bytes): string {
    const at = content.indexOf(0);
    const text = at < 0 ? new Uint8Array() : content.subarray(at + 1);
    if (text.length > 0 && text[0] !== 0) return `Unknown compression method ${text[0]} in zTXt chunk`;
    const length = inflatedLength(text.subarray(1));
    if (length === "bomb") return TOO_LARGE;
    return at === 0 || length === "broken" ? "" : this.count(length);
  }

  /** Keyword 0, flag, method, language 0, translated keyword 0, text. */
  private international(content: Bytes): string {
    const at = content.indexOf(0) + 1;
    const language = content.indexOf(0, at + 2) + 1;
    const start = content.indexOf(0, language) + 1;
    if (at === 0 || at + 2 > content.length || language === 0 || start === 0) return "";
    const text = content.subarray(start);
    if (content[at] === 0) return this.count(text.length);
    if (content[at + 1] !== 0) return "";
    const length = inflatedLength(text);
    if (length === "bomb") return TOO_LARGE;
    return length === "broken" ? "" : this.count(length);
  }

  private count(length: number): string {
    this.total += length;
    return this.total > MOST_OF_ALL
      ? `Too much memory used in text chunks: ${this.total}>MAX_TEXT_MEMORY`
      : "";
  }
}

function textLength(content: Bytes): number {
  const at = content.indexOf(0);
  return at <= 0 ? 0 : content.length - at - 1;
}

/** How many bytes come out of a zlib stream; no more is unpacked than it takes to call it a bomb. */
function inflatedLength(stream: Bytes): Length {
  try {
    const { length } = inflate(stream, MOST_OF_ONE + 1).bytes;
    return length > MOST_OF_ONE ? "bomb" : length;
  } catch (thrown) {
    if (thrown instanceof InflateError) return "broken";
    throw thrown;
  }
}
