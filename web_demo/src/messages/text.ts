/** A sentence of the catalogue, by its code, and what fills its places. It can be sent to and from workers. */

import type { ENGLISH } from "./en";

export type Code = keyof typeof ENGLISH;
export type Parameters = Readonly<Record<string, string | number | Told>>;

export interface Told<C extends Code = Code> {
  readonly code: C;
  readonly parameters: Parameters;
}

export const told = <C extends Code>(code: C, parameters: Parameters = {}): Told<C> => ({ code, parameters });

/**
 * Fills the places of a sentence: {name}, {name:.1f} with one decimal, {name:,} in groups, {name:g} in six digits at
 * most, {name:.2g} in two.
 */
export function text(
  { code, parameters }: Told,
  sentences: Readonly<Record<string, string>>,
  language: "en" | "es",
): string {
  const sentence = sentences[code] ?? code;
  return sentence.replace(/\{(\w+)(?::([^}]*))?\}/g, (_, name: string, format?: string) => {
    const value = parameters[name] ?? "";
    if (typeof value === "object") return text(value, sentences, language);
    return typeof value === "string" ? value : number(value, format, language);
  });
}

const FORMATS: Readonly<Record<string, (value: number) => string>> = {
  ",": (value) => value.toLocaleString("en-US"),
  ".1f": oneDecimal,
  ".2g": (value) => value.toPrecision(2),
  g: (value) => String(Number(value.toPrecision(6))),
};

function number(value: number, format: string | undefined, language: "en" | "es"): string {
  const plain = (FORMATS[format ?? ""] ?? String)(value);
  return language === "en" ? plain : plain.replace(/[.,]/g, (mark) => (mark === "." ? "," : "."));
}

/** Rounded as Python does: a tie goes to the even digit. */
function oneDecimal(value: number): string {
  const tie = (value * 4) % 2 === 1;
  return tie ? ((2 * Math.round(value * 5)) / 10).toFixed(1) : value.toFixed(1);
}
