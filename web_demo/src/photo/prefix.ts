/** Canonical prefix codes (Huffman), as deflate and lossless WebP have them: from the lengths of their symbols. */

const LONGEST = 15;
// Longer codes are rare by their nature: they are looked up bit by bit.
const ROOT = 9;

export interface Code {
  /** By the next `bits` bits of the stream, lowest first: symbol * 16 + length; 0 where the code is longer. */
  readonly table: Uint16Array;
  readonly bits: number;
  /** How many symbols have each length, and all symbols in the order of their codes. */
  readonly counts: Uint16Array;
  readonly sorted: Uint16Array;
}

/**
 * Which codes that do not use all bits are allowed: in lossless WebP one symbol, which then takes no bits; in deflate
 * one symbol of one bit, or none at all.
 */
export type Incomplete = "never" | "webp" | "deflate";

/** The code of symbols with these lengths, 0 to 15; null where there is no such code. */
export function codeOf(lengths: Uint8Array, incomplete: Incomplete): Code | null {
  const counts = new Uint16Array(LONGEST + 1);
  for (const length of lengths) counts[length]! += 1;
  const used = lengths.length - counts[0]!;
  counts[0] = 0;
  const longest = counts.reduce((most, count, length) => (count > 0 ? length : most), 0);
  if (incomplete === "webp" && used === 1) return lone(lengths, counts);
  const free = freeCodes(counts);
  const isAllowed = incomplete === "deflate" && longest < 2;
  if (free < 0 || (free > 0 && !isAllowed)) return null;
  return filled(lengths, counts, used, Math.min(ROOT, Math.max(1, longest)));
}

function lone(lengths: Uint8Array, counts: Uint16Array): Code {
  const symbol = lengths.findIndex((length) => length > 0);
  return { table: Uint16Array.of(symbol << 4), bits: 0, counts, sorted: Uint16Array.of(symbol) };
}

/** How many codes of the greatest length are left over; below 0 where there are too few. */
function freeCodes(counts: Uint16Array): number {
  let free = 1;
  for (let length = 1; length <= LONGEST && free >= 0; length++) free = 2 * free - counts[length]!;
  return free;
}

function filled(lengths: Uint8Array, counts: Uint16Array, used: number, bits: number): Code {
  const [next, place] = [new Uint16Array(LONGEST + 2), new Uint16Array(LONGEST + 2)];
  for (let length = 1; length <= LONGEST; length++) {
    next[length + 1] = (next[length]! + counts[length]!) << 1;
    place[length + 1] = place[length]! + counts[length]!;
  }
  const [table, sorted] = [new Uint16Array(1 << bits), new Uint16Array(used)];
  lengths.forEach((length, symbol) => {
    if (length === 0) return;
    sorted[place[length]!++] = symbol;
    const code = next[length]!++;
    if (length > bits) return;
    let reversed = 0;
    for (let bit = 0; bit < length; bit++) reversed |= ((code >> bit) & 1) << (length - 1 - bit);
    for (let at = reversed; at < table.length; at += 1 << length) table[at] = (symbol << 4) | length;
  });
  return { table, bits, counts, sorted };
}

/** Symbol * 16 + length of the code that the bits of `hold` begin with, lowest first; 0 where none does. */
export function entryOf({ table, bits, counts, sorted }: Code, hold: number): number {
  const entry = table[hold & ((1 << bits) - 1)]!;
  if (entry !== 0 || bits === 0) return entry;
  // RFC 1951, 3.2.2: codes of a length follow each other.
  let [code, first, index] = [0, 0, 0];
  for (let length = 1; length <= LONGEST; length++, hold >>>= 1) {
    code |= hold & 1;
    const count = counts[length]!;
    if (code - first < count) return (sorted[index + code - first]! << 4) | length;
    index += count;
    first = (first + count) << 1;
    code <<= 1;
  }
  return 0;
}
