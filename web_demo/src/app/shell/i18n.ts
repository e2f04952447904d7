/** The page's two languages. Each room keeps its own words.ts: `say({ en, es })` picks the half that is spoken. */

import { recall, remember } from "./store";

export type Language = "en" | "es";
export const LANGUAGES: readonly Language[] = ["en", "es"];

const KEY = "gemelo.language";
const listeners = new Set<() => void>();
let current: Language | null = null;

/** The language now: what the visitor chose, else the first of the browser's that the page speaks. */
export function language(): Language {
  current ??= choose(recall(KEY), typeof navigator === "undefined" ? [] : navigator.languages);
  return current;
}

/** A remembered choice counts more than the browser's languages; English where neither is spoken. */
export function choose(remembered: string | null, preferred: readonly string[]): Language {
  const wanted = [remembered ?? "", ...preferred].map((tag) => tag.slice(0, 2).toLowerCase());
  return (
    LANGUAGES.find((known) => known === wanted.find((tag) => LANGUAGES.some((one) => one === tag))) ?? "en"
  );
}

export function setLanguage(next: Language): void {
  if (next === language()) return;
  current = next;
  remember(KEY, next);
  redrawn();
}

/** Has everything say its words again. */
export function redrawn(): void {
  for (const listener of [...listeners]) listener();
}

/** Calls back after each change of language; gives back what ends that. */
export function onLanguage(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** The half of a dictionary that is spoken now. */
export function say<T>(dictionary: { readonly en: T; readonly es: T }): T {
  return dictionary[language()];
}
