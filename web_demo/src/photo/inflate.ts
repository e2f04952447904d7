/**
 * Inflate (RFC 1950 and 1951), bounded by what the caller expects.
 *
 * A browser's DecompressionStream loses the bytes before a fault and refuses what follows the end of a stream. Here
 * every byte before the fault counts, as in zlib, and no byte beyond the limit is ever unpacked.
 */

import type { Bytes } from "./bytes";
import { type Code, codeOf, entryOf, type Incomplete } from "./prefix";

/** The stream is broken; the message is for developers. */
export class InflateError extends Error {}

export interface Inflated {
  /** At most `limit` bytes; fewer where the stream ends or is cut off before. */
  readonly bytes: Bytes;
  /** Whether the stream had more than `limit` bytes to give. */
  readonly more: boolean;
}

// Deflate packs at most 258 bytes into two bits.
const LARGEST_RATIO = 1032;
const LENGTHS = bases(
  [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0],
  3,
);
const DISTANCES = bases(
  Array.from({ length: 30 }, (_, i) => Math.max(0, (i >> 1) - 1)),
  1,
);
// The order in which the lengths of the code for code lengths are stored (RFC 1951, 3.2.7).
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const END = 256;

interface Extra {
  readonly base: Uint16Array;
  readonly bits: Uint8Array;
}

function bases(bits: readonly number[], first: number): Extra {
  let next = first;
  const base = Uint16Array.from(bits, (count) => (next += 1 << count) - (1 << count));
  if (bits.length === 29) base[28] = 258;
  return { base, bits: Uint8Array.from(bits) };
}

/** Bits of a stream, lowest first. What lies beyond its end is zeros, of which `isCut` tells. */
class Bits {
  hold = 0;
  count = 0;

  constructor(
    readonly bytes: Bytes,
    public at: number,
  ) {}

  get isCut(): boolean {
    return this.count < 0;
  }

  /** At least 16 bits, and as many as 23. */
  fill(): void {
    while (this.count < 16 && this.at < this.bytes.length) {
      this.hold |= this.bytes[this.at++]! << this.count;
      this.count += 8;
    }
  }

  take(bits: number): number {
    this.fill();
    const value = this.hold & ((1 << bits) - 1);
    this.hold >>>= bits;
    this.count -= bits;
    return value;
  }

  symbol(code: Code): number {
    this.fill();
    const entry = entryOf(code, this.hold);
    if (entry === 0 && this.count > 15) throw new InflateError("invalid code");
    this.hold >>>= entry & 15;
    this.count -= entry === 0 ? 16 : entry & 15;
    return entry >> 4;
  }

  /** Gives back whole bytes that were read ahead. */
  align(): void {
    this.at -= this.count >> 3;
    this.hold = this.count = 0;
  }
}

/**
 * Unpacks a zlib stream.
 *
 * @param limit how many bytes are wanted at most.
 * @throws InflateError where the stream is broken before that many bytes, or its checksum does not fit.
 */
export function inflate(stream: Bytes, limit: number): Inflated {
  const [method, flags] = [stream[0] ?? 0, stream[1] ?? 0];
  if (stream.length < 2) return { bytes: new Uint8Array(), more: false };
  if (((method << 8) | flags) % 31 !== 0 || (method & 15) !== 8 || method >> 4 > 7 || (flags & 32) !== 0) {
    throw new InflateError("not a zlib stream");
  }
  return new Inflater(new Bits(stream, 2), limit).run();
}

class Inflater {
  private readonly out: Bytes;
  private at = 0;

  constructor(
    private readonly bits: Bits,
    limit: number,
  ) {
    this.out = new Uint8Array(Math.min(limit, LARGEST_RATIO * bits.bytes.length));
  }

  run(): Inflated {
    for (let last = 0; last === 0;) {
      last = this.bits.take(1);
      const more = this.block(this.bits.take(2));
      if (this.bits.isCut || more) return { bytes: this.out.subarray(0, this.at), more };
    }
    this.checkSum();
    return { bytes: this.out.subarray(0, this.at), more: false };
  }

  /** Unpacks a block; true where it has more to give than is wanted. */
  private block(type: number): boolean {
    if (this.bits.isCut) return false;
    if (type === 0) return this.stored();
    if (type === 3) throw new InflateError("invalid block type");
    const codes = type === 1 ? fixed() : dynamic(this.bits);
    return codes !== null && this.compressed(...codes);
  }

  private stored(): boolean {
    const { bits, out } = this;
    bits.take(bits.count & 7);
    bits.align();
    const [length, inverse] = [bits.take(16), bits.take(16)];
    if (bits.isCut) return false;
    if (length !== (~inverse & 0xffff)) throw new InflateError("invalid length of a stored block");
    bits.align();
    const source = bits.bytes.subarray(bits.at, bits.at + length);
    const part = source.subarray(0, out.length - this.at);
    out.set(part, this.at);
    this.at += part.length;
    bits.at += part.length;
    if (source.length < length) bits.count = -1;
    return part.length < source.length;
  }

  private compressed(symbols: Code, distances: Code): boolean {
    const { bits, out } = this;
    for (let at = this.at; ; this.at = at) {
      const symbol = bits.symbol(symbols);
      if (bits.isCut || symbol === END) return false;
      if (symbol < END) {
        if (at === out.length) return true;
        out[at++] = symbol;
        continue;
      }
      const length = extended(bits, LENGTHS, symbol - END - 1);
      const distance = extended(bits, DISTANCES, bits.symbol(distances));
      if (bits.isCut) return false;
      if (distance > at) throw new InflateError("distance too far back");
      const end = at + length;
      const fits = Math.min(end, out.length);
      for (; at < fits; at++) out[at] = out[at - distance]!;
      if (fits < end) {
        this.at = at;
        return true;
      }
    }
  }

  /** Adler-32 (RFC 1950, 8.2), where the stream is long enough to have it. */
  private checkSum(): void {
    const { bits, out } = this;
    bits.take(bits.count & 7);
    bits.align();
    if (bits.at + 4 > bits.bytes.length) return;
    const wanted = new DataView(bits.bytes.buffer, bits.bytes.byteOffset).getUint32(bits.at);
    if (adler32(out.subarray(0, this.at)) !== wanted) throw new InflateError("incorrect checksum");
  }
}

function extended(bits: Bits, { base, bits: extra }: Extra, index: number): number {
  if (index >= base.length) throw new InflateError("invalid symbol");
  return base[index]! + bits.take(extra[index]!);
}

function made(lengths: Uint8Array, incomplete: Incomplete = "deflate"): Code {
  const code = codeOf(lengths, incomplete);
  if (code === null) throw new InflateError("invalid code lengths");
  return code;
}

let fixedCodes: readonly [Code, Code] | null = null;

function fixed(): readonly [Code, Code] {
  const lengths = Uint8Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8));
  fixedCodes ??= [made(lengths), made(new Uint8Array(32).fill(5))];
  return fixedCodes;
}

/** The codes of a dynamic block (RFC 1951, 3.2.7); null where the stream ends within them. */
function dynamic(bits: Bits): readonly [Code, Code] | null {
  const [literals, distances, codes] = [bits.take(5) + 257, bits.take(5) + 1, bits.take(4) + 4];
  if (bits.isCut) return null;
  if (literals > 286 || distances > 30) throw new InflateError("too many symbols");
  const small = new Uint8Array(19);
  for (let i = 0; i < codes; i++) small[ORDER[i]!] = bits.take(3);
  if (bits.isCut) return null;
  const lengths = readLengths(bits, made(small, "never"), literals + distances);
  if (bits.isCut) return null;
  if (lengths[END] === 0) throw new InflateError("no end of block");
  return [made(lengths.subarray(0, literals)), made(lengths.subarray(literals))];
}

function readLengths(bits: Bits, code: Code, count: number): Uint8Array {
  const lengths = new Uint8Array(count);
  for (let at = 0; at < count && !bits.isCut;) {
    const symbol = bits.symbol(code);
    if (symbol < 16) {
      lengths[at++] = symbol;
      continue;
    }
    if (symbol === 16 && at === 0) throw new InflateError("nothing to repeat");
    const value = symbol === 16 ? lengths[at - 1]! : 0;
    const times = symbol === 16 ? 3 + bits.take(2) : symbol === 17 ? 3 + bits.take(3) : 11 + bits.take(7);
    if (at + times > count && !bits.isCut) throw new InflateError("too many lengths");
    lengths.fill(value, at, at + times);
    at += times;
  }
  return lengths;
}

function adler32(bytes: Uint8Array): number {
  let [low, high] = [1, 0];
  for (let at = 0; at < bytes.length;) {
    // So many sums fit into 32 bits.
    for (const end = Math.min(at + 5552, bytes.length); at < end; at++) high += low += bytes[at]!;
    low %= 65521;
    high %= 65521;
  }
  return high * 65536 + low;
}
