/** Numbers as colors: blue below zero, the paper's color at zero, orange above. */

export type Rgb = readonly [number, number, number];

export interface Scheme {
  readonly negative: Rgb;
  readonly zero: Rgb;
  readonly positive: Rgb;
}

const STEPS = 256;
const tables = new Map<string, Uint32Array>();

/** The colors of the day: inside.css has them, light and dark. */
export function scheme(of: Element): Scheme {
  const style = getComputedStyle(of);
  const token = (name: string): Rgb => parse(style.getPropertyValue(name).trim());
  return { negative: token("--below"), zero: token("--zero"), positive: token("--above") };
}

/** "#1d2433" as numbers. */
export function parse(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** The color of a value; `limit` and beyond have the full one. */
export function colorOf({ negative, zero, positive }: Scheme, value: number, limit: number): Rgb {
  const share = limit > 0 ? Math.max(-1, Math.min(1, value / limit)) : 0;
  const end = share < 0 ? negative : positive;
  const mixed = zero.map((from, i) => Math.round(from + (end[i]! - from) * Math.abs(share)));
  return mixed as unknown as Rgb;
}

export const css = ([r, g, b]: Rgb): string => `rgb(${r} ${g} ${b})`;

/** Black or white, whichever is read better on a color (WCAG's contrast). */
export function ink(color: Rgb): "#000" | "#fff" {
  return luminance(color) > 0.179 ? "#000" : "#fff";
}

/** Relative luminance, as WCAG 2 defines it. */
export function luminance(color: Rgb): number {
  const [r, g, b] = color.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Colors of all shares from -1 to 1, as the words of an ImageData. */
export function palette(colors: Scheme): Uint32Array {
  const key = JSON.stringify(colors);
  const known = tables.get(key);
  if (known !== undefined) return known;
  const table = new Uint32Array(2 * STEPS + 1);
  const bytes = new Uint8ClampedArray(table.buffer);
  for (let i = 0; i < table.length; i++) bytes.set([...colorOf(colors, i - STEPS, STEPS), 255], 4 * i);
  tables.set(key, table);
  return table;
}

/**
 * Paints every `step`-th value from `first` on, one pixel each.
 *
 * @param limit the magnitude that has the full color.
 */
export function paint(
  pixels: Uint32Array,
  data: ArrayLike<number>,
  { first = 0, step = 1, limit }: { first?: number; step?: number; limit: number },
  table: Uint32Array,
): void {
  const scale = limit > 0 ? STEPS / limit : 0;
  for (let i = 0; i < pixels.length; i++) {
    const index = Math.round((data[first + i * step] as number) * scale) + STEPS;
    pixels[i] = table[index < 0 ? 0 : index > 2 * STEPS ? 2 * STEPS : index]!;
  }
}
