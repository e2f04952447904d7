/** What went wrong, as a sentence that helps, in the language that is spoken: all of them stand in the catalogue. */

import { ENGLISH } from "../../messages/en";
import { type Code, english, friendly, text, told, type Told } from "../../messages/message";
import { type Foreign, KINDS } from "../../photo/kinds";
import { messageOf, toldOf } from "../../runtimes/runtime";
import type { Told as ToldInFile } from "../../schemas";
import { language, onLanguage, redrawn } from "./i18n";

/** Why something failed: in English, and its message in the catalogue where it has one. */
export interface Reason {
  readonly reason: string;
  readonly told: Told | null;
}

const OFFLINE = told("page.offline");

/** Of what was thrown. */
export const reasonOf = (thrown: unknown): Reason => ({ reason: messageOf(thrown), told: toldOf(thrown) });

/** What failed, or that there is no network, where something could not be had for want of one. */
export function offlineOr<T extends Reason>(failed: T): T {
  const offline = (globalThis.navigator as Partial<Navigator> | undefined)?.onLine === false;
  if (!offline || !/missing|fetch|load|import/i.test(failed.reason)) return failed;
  return { ...failed, reason: english(OFFLINE), told: OFFLINE };
}

/** Of anything that was thrown; never empty. */
export function sentence(thrown: unknown): string {
  const { name, kind = "", what = "" } = (thrown ?? {}) as Record<string, string | undefined>;
  const message = toldOf(thrown);
  if (name === "PhotoError" && message !== null) return aboutPhoto(message, what, kind);
  if (name !== "RuntimeError") return messageOf(thrown);
  if (kind === "missing" && offlineOr(reasonOf(thrown)).told === OFFLINE) return spoken(OFFLINE);
  const code = `page.${kind}`;
  if (!isCode(code)) return reason(reasonOf(thrown));
  const detail = reason(reasonOf(thrown));
  return spoken(told(code, { detail, file: message?.parameters["file"] ?? detail }));
}

/** The whole sentence of a photo's error; where its code has none, that of its kind. */
function aboutPhoto(message: Told, what: string, kind: string): string {
  const said = friendly(message);
  const code = `friendly.${kind}`;
  if (what in KINDS) return `${spoken(said)} ${spoken(told(`advice.${KINDS[what as Foreign][0]}`))}`;
  return spoken(said === message && isCode(code) ? told(code, { detail: message }) : said);
}

/** Why a choice was not taken: a clause without its full stop. */
export function reason({ reason: text, told: message }: Reason): string {
  return message === null ? text : spoken(message);
}

/** What a file says in English; in Spanish where it has a message that the catalogue knows. */
export function reasonIn(said: string, message: ToldInFile | null | undefined): string {
  const known = language() === "es" && message?.code !== undefined && message.code in (spanish ?? {});
  return known ? text(message as Told, spanish ?? {}, "es") : said;
}

/** What to do about failures of the self-test; where another choice passed, only damaged files are worth a word. */
export function cure(failures: readonly Reason[], allFailed: boolean): string | null {
  const published: readonly (Code | undefined)[] = ["engine.missing", "engine.fetch", "engine.tampered"];
  if (failures.some(({ told: message }) => published.includes(message?.code)))
    return spoken(told("page.publish"));
  return allFailed ? spoken(told("page.tell")) : null;
}

let spanish: Readonly<Record<string, string>> | null = null;

/** Loads the Spanish sentences once they are spoken: no other visit should wait for them. */
export async function loadSentences(): Promise<void> {
  if (language() !== "es" || spanish !== null) return;
  ({ SPANISH: spanish } = await import("../../messages/es"));
  redrawn();
}

onLanguage(() => void loadSentences());
void loadSentences();

/** A message in the language that is spoken; in English until the Spanish sentences are there. */
export function spoken(message: Told): string {
  return language() === "es" && spanish !== null ? text(message, spanish, "es") : english(message);
}

const isCode = (code: string): code is Code => code in ENGLISH;
