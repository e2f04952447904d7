/** The LZW codes of a GIF: a port of Pillow's GifDecode.c, with what it tolerates and what it refuses. */

import { told } from "../messages/message";
import type { Bytes } from "./bytes";
import { badBody } from "./error";

const TABLE = 4096;
const MOST_BITS = 12;

/**
 * Unpacks `count` indices.
 *
 * @param bytes blocks of codes, each behind its length; a block counts once it is whole.
 * @param bits of the indices.
 * @throws PhotoError "corrupt" where the codes end too early or make no sense.
 */
export function lzw(bytes: Bytes, bits: number, count: number): Uint8Array {
  if (bits > MOST_BITS) throw badBody("decode", told("damage.configuration"));
  const out = new Uint8Array(count);
  const [prefix, suffix, string] = [new Uint16Array(TABLE), new Uint8Array(TABLE), new Uint8Array(TABLE)];
  const clear = 1 << bits;
  const codes = new Codes(bytes);
  let [size, next, lastCode, lastByte] = [bits + 1, clear + 2, -1, 0];
  for (let at = 0; at < count;) {
    let code = codes.read(size);
    if (code === clear) {
      [size, next, lastCode] = [bits + 1, clear + 2, -1];
      continue;
    }
    if (code === clear + 1) throw truncated();
    if (code > (lastCode < 0 ? clear : next)) throw nonsense();
    const thisCode = code;
    let from = TABLE;
    if (lastCode >= 0 && code === next) {
      string[--from] = lastByte;
      code = lastCode;
    }
    while (lastCode >= 0 && code >= clear) {
      if (from <= 0 || code >= TABLE) throw nonsense();
      string[--from] = suffix[code]!;
      code = prefix[code]!;
    }
    string[--from] = code;
    if (lastCode >= 0 && next < TABLE) {
      suffix[next] = code;
      prefix[next] = lastCode;
      if (next === (1 << size) - 1 && size < MOST_BITS) size += 1;
      next += 1;
    }
    [lastByte, lastCode] = [code, thisCode];
    while (from < TABLE && at < count) out[at++] = string[from++]!;
  }
  return out;
}

const truncated = (): Error => badBody("decode", told("damage.truncated"));
const nonsense = (): Error => badBody("decode", told("damage.stream"));

/** Codes of varying size out of bytes in blocks, least significant bit first. */
class Codes {
  private at = 0;
  private block = 0;
  private buffer = 0;
  private bits = 0;

  constructor(private readonly bytes: Bytes) {}

  read(size: number): number {
    while (this.bits < size) {
      if (this.block === 0) this.openBlock();
      if (this.block === 0) continue;
      this.buffer |= this.bytes[this.at++]! << this.bits;
      this.block -= 1;
      this.bits += 8;
    }
    const code = this.buffer & ((1 << size) - 1);
    this.buffer >>= size;
    this.bits -= size;
    return code;
  }

  private openBlock(): void {
    const size = this.bytes[this.at];
    if (size === undefined || this.at + 1 + size > this.bytes.length) throw truncated();
    this.at += 1;
    this.block = size;
  }
}
