/** Finds an engine that proves itself: the first of some choices that passes the self-test. */

import type { Page } from "../page";
import type { Told } from "../messages/text";
import { messageOf, toldOf } from "../runtimes/runtime";
import { type Choice, choices, Engine, nameOf, type Progress } from "./engine";
import type { Photos } from "./photos";
import { type Goldens, loadGoldens, type Verification, verify } from "./verify";

export interface Failure {
  readonly choice: Choice;
  readonly reason: string;
  /** The reason in the catalogue; null where it is not there. */
  readonly told: Told | null;
}

export interface Started {
  readonly engine: Engine;
  readonly verification: Verification;
  /** What was tried before, and why it was not taken. */
  readonly failures: readonly Failure[];
}

export type Stage = (stage: "loading" | "checking", choice: Choice, done: number, total: number) => void;

/** No choice passed, or the page has none of the kind that was asked for; no answer may be given. */
export class NoEngineError extends Error {
  constructor(
    readonly failures: readonly Failure[],
    reason = "",
  ) {
    super(reason || failures.map(({ choice, reason }) => `${nameOf(choice)}: ${reason}`).join("; "));
    this.name = "NoEngineError";
  }
}

const kept = new WeakMap<Photos, Promise<Goldens>>();

/** The page's goldens as tensors, made once. */
export function goldensOf(page: Page, photos: Photos): Promise<Goldens> {
  const known = kept.get(photos);
  if (known !== undefined) return known;
  const made = loadGoldens(page, photos);
  kept.set(photos, made);
  made.catch(() => kept.delete(photos));
  return made;
}

/** Opens a choice and holds it to the goldens; throws where it cannot even be run. */
export async function openVerified(
  page: Page,
  photos: Photos,
  choice: Choice,
  onStage?: Stage,
): Promise<Omit<Started, "failures">> {
  const progress: Progress = (done, total) => onStage?.("loading", choice, done, total);
  progress(0, 0);
  const [goldens, engine] = await both(goldensOf(page, photos), Engine.open(page, choice, progress));
  onStage?.("checking", choice, 0, 0);
  return { engine, verification: await verify(page, goldens, engine) };
}

/** A failure of the goldens must not leave an engine behind that nobody closes. */
async function both(goldens: Promise<Goldens>, engine: Promise<Engine>): Promise<[Goldens, Engine]> {
  try {
    return await Promise.all([goldens, engine]);
  } catch (thrown) {
    engine.then((opened) => opened.close()).catch(() => undefined);
    throw thrown;
  }
}

/**
 * Takes the first of these choices that passes. What fails for all alike (no goldens, other bytes than Python's) ends
 * the search.
 *
 * @throws NoEngineError where none passes.
 */
export async function startVerified(
  page: Page,
  photos: Photos,
  candidates: readonly Choice[],
  onStage?: Stage,
): Promise<Started> {
  const failures: Failure[] = [];
  let lost: unknown;
  goldensOf(page, photos).catch((thrown: unknown) => (lost = thrown));
  for (const choice of candidates) {
    try {
      const { engine, verification } = await openVerified(page, photos, choice, onStage);
      if (verification.passed) return { engine, verification, failures };
      engine.close();
      failures.push({ choice, reason: verification.reason ?? "", told: verification.told });
      if (verification.attribution === "preprocessing") break;
    } catch (thrown) {
      failures.push({ choice, reason: messageOf(thrown), told: toldOf(thrown) });
      if (thrown === lost) break;
    }
  }
  throw new NoEngineError(failures);
}

/** For a page that must show something: `wanted`, then all others in the page's order, WebGL and WebGPU left out. */
export function wantedFirst(page: Page, wanted?: Choice): Choice[] {
  const safe = safeChoices(page);
  if (wanted === undefined) return safe;
  return [wanted, ...safe.filter((choice) => nameOf(choice) !== nameOf(wanted))];
}

/**
 * For a caller who asks: the choices that have all of what is given, and no other. WebGL and WebGPU only by name.
 *
 * @throws NoEngineError where the page has no such choice.
 */
export function fittingOnly(page: Page, wanted: Partial<Choice>): Choice[] {
  const asked = Object.entries(wanted).filter(([, value]) => value !== undefined);
  const offered = wanted.backend === undefined ? safeChoices(page) : choices(page);
  const found = offered.filter((choice) =>
    asked.every(([key, value]) => choice[key as keyof Choice] === value),
  );
  if (found.length > 0) return found;
  const names = asked.map(([key, value]) => `${key} ${value}`).join(", ");
  const all = choices(page);
  const values = (["runtime", "backend", "variant"] as const).map(
    (key) => `${key} ${[...new Set(all.map((choice) => choice[key]))].join(" or ")}`,
  );
  throw new NoEngineError([], `this page has no ${names}; it has ${values.join(", ")}`);
}

function safeChoices(page: Page): Choice[] {
  return choices(page).filter(({ backend }) => backend === "wasm" || backend === "cpu");
}
