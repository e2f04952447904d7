/** What an answer comes to: the most probable label, or "not sure". */

import { argmax, isSure } from "../../decisions";
import type { Page } from "../../page";
import { say } from "../shell/i18n";
import { words } from "./words";

export interface Verdict {
  /** Index of the most probable label, whether it counts or not. */
  readonly best: number;
  readonly share: number;
  readonly sure: boolean;
  /** The label, or that there is none. */
  readonly text: string;
}

export function verdictOf(page: Page, probabilities: Float32Array): Verdict {
  const best = argmax(probabilities);
  const share = probabilities[best] ?? NaN;
  const sure = isSure(page, share);
  return { best, share, sure, text: sure ? (page.labels[best] ?? "") : say(words).notSure };
}
