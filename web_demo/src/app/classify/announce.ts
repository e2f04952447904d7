/** Photos that come in are answered on screen and, when all are done, in one sentence for screen readers. */

import type { App } from "../shell/app";
import { percent } from "../shell/dom";
import { sentence } from "../shell/errors";
import type { Item } from "../shell/gallery";
import { say } from "../shell/i18n";
import { verdictOf } from "./verdict";
import { words } from "./words";

export async function addAndSay(app: App, files: readonly File[]): Promise<void> {
  const before = app.gallery.items.length;
  await app.add(files);
  const added = app.gallery.items.slice(before, before + files.length);
  const [first] = added;
  if (first === undefined) return;
  const without = added.filter(({ answer }) => answer === null).length;
  app.announce(added.length > 1 ? say(words).done(added.length, without) : spoken(app, first));
}

function spoken(app: App, { name, answer, error, state }: Item): string {
  const text = say(words);
  if (state === "failed") return `${name}: ${sentence(error)}`;
  if (answer === null) return `${name}: ${text.noAnswer}`;
  const verdict = verdictOf(app.page, answer.probabilities);
  return text.said(name, verdict.text, percent(verdict.share));
}
