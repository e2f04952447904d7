/** Reading numbers and names out of a file's bytes. */

import { badHeader } from "./error";

export type Bytes = Uint8Array<ArrayBuffer>;

/** Four bytes as the name of a chunk. */
export function fourcc(bytes: Bytes, at: number): string {
  return latin1(bytes.subarray(at, at + 4));
}

export function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

export function startsWith(bytes: Uint8Array, text: string, at = 0): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** Bytes as Python's repr() shows them, for sentences that quote a file. */
export function pythonRepr(bytes: Uint8Array): string {
  const quote = bytes.includes(0x27) && !bytes.includes(0x22) ? '"' : "'";
  const named: Record<number, string> = { 9: "\\t", 10: "\\n", 13: "\\r", 92: "\\\\" };
  const shown = Array.from(bytes, (byte) => {
    if (named[byte] !== undefined) return named[byte];
    if (String.fromCharCode(byte) === quote) return `\\${quote}`;
    if (byte >= 32 && byte < 127) return String.fromCharCode(byte);
    return `\\x${byte.toString(16).padStart(2, "0")}`;
  });
  return `b${quote}${shown.join("")}${quote}`;
}

/** Parts of a file as one. */
export function joined(parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Reads a file from front to back; what it does not hold is an error of its header. */
export class Reader {
  readonly view: DataView;

  constructor(
    readonly bytes: Bytes,
    readonly kind: string,
    public at = 0,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return Math.max(0, this.bytes.length - this.at);
  }

  /** The next `count` bytes, and not one less. */
  take(count: number): Bytes {
    const wanted = Math.max(0, count);
    if (this.left < wanted) throw badHeader(this.kind, "Truncated File Read");
    this.at += wanted;
    return this.bytes.subarray(this.at - wanted, this.at);
  }

  u8(): number {
    return this.take(1)[0]!;
  }

  u16be(): number {
    this.take(2);
    return this.view.getUint16(this.at - 2);
  }

  u16le(): number {
    this.take(2);
    return this.view.getUint16(this.at - 2, true);
  }

  u32le(): number {
    this.take(4);
    return this.view.getUint32(this.at - 4, true);
  }
}

export function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

export function u32(bytes: Uint8Array, at: number): number {
  return u16(bytes, at) * 65536 + u16(bytes, at + 2);
}

export function u24le(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
}

export function u32le(bytes: Uint8Array, at: number): number {
  return u24le(bytes, at) + bytes[at + 3]! * 2 ** 24;
}

let crcTable: Int32Array | null = null;

/** CRC-32 as PNG and zlib have it. */
export function crc32(bytes: Uint8Array): number {
  crcTable ??= Int32Array.from({ length: 256 }, (_, n) => {
    for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
    return n;
  });
  const table = crcTable;
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = table[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8);
  return (crc ^ -1) >>> 0;
}
