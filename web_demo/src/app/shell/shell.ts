/** The page's frame at work: opens the page, shows the view that the address names, and keeps the badge true. */

import { loadPage } from "../../page";
import { takeElsewhere } from "../classify/drop";
import { view as classify } from "../classify/view";
import { drawBadge, drawDoubt } from "./badge";
import { Core } from "./core";
import { h } from "./dom";
import { sentence } from "./errors";
import { applyTheme, byId, drawSwitches, drawTabs } from "./frame";
import { onLanguage, say } from "./i18n";
import { registerOffline } from "./offline";
import { brokenCard, failedCard, problem } from "./problems";
import { titles } from "./titles";
import type { View, ViewId } from "./view";
import { words } from "./words";

/** What is imported when it is first opened. */
const VIEWS: Readonly<Record<ViewId, () => Promise<View>>> = {
  classify: () => Promise.resolve(classify),
  compare: async () => (await import("../compare/view")).view,
  inside: async () => (await import("../inside/view")).view,
  about: async () => (await import("../about/view")).view,
};
/** Views that have something to show before, and without, an engine that passed. */
const ALWAYS: readonly ViewId[] = ["classify", "about"];

let app: Core | null = null;
let broken: unknown = null;
let mounted: View | null = null;
/** Was unmounted for a change of language, and is not back yet. */
let returning: View | null = null;
/** Counts what was begun, so that a view which came late does not take the place of another. */
let turn = 0;

/** @param base absolute URL of the page's folder. */
export async function start(base: string): Promise<void> {
  applyTheme();
  redraw();
  addEventListener("hashchange", () => void route(true));
  onLanguage(() => redraw(true));
  byId("skip").addEventListener("click", (event) => {
    event.preventDefault();
    byId("main").focus();
  });
  try {
    app = new Core(await loadPage(base), byId("live"));
  } catch (thrown) {
    broken = thrown;
    return redraw();
  }
  byId("name").textContent = byId("name").title = app.page.name;
  drawDoubt(byId("doubt"), app);
  app.onStatus(statusChanged);
  takeElsewhere(app, () => mounted !== classify, showPhoto);
  const tested = app.select();
  await route(false);
  await tested;
  // Not before: it would take from the first answer.
  if (app.status.stage === "ready") void registerOffline(app.page, app.engine.choice);
}

function redraw(again = false): void {
  drawSwitches();
  drawTabs(titles(), wanted());
  drawBadge(byId("status"), broken === null ? app : false);
  drawDoubt(byId("doubt"), app);
  void route(false, again);
}

/** A photo that came to a view without a place for photos is seen in the first one. */
function showPhoto(): void {
  if (mounted?.id !== "compare" && mounted?.id !== "inside") location.hash = "#classify";
}

function wanted(): ViewId {
  // A view may keep its own place behind a slash: #inside/3.
  const [id = ""] = location.hash.slice(1).split("/");
  return id in VIEWS ? (id as ViewId) : "classify";
}

let stage = "";

function statusChanged(): void {
  if (app === null) return;
  drawBadge(byId("status"), app);
  if (app.status.stage === stage) return;
  stage = app.status.stage;
  if (stage === "failed" || stage === "ready") {
    app.announce(byId("status").textContent ?? "");
    if (!ALWAYS.includes(wanted()) && mounted === null) void route(false);
  }
}

/** Shows the view that the address names, perhaps `again`; after a click the focus goes with it. */
async function route(moved: boolean, again = false): Promise<void> {
  const id = wanted();
  const mine = ++turn;
  const names = titles();
  const title = names.get(id) ?? "";
  document.title = `${title} · ${app?.page.name ?? "gemelo"}`;
  drawTabs(names, id);
  leave(again ? id : null);
  const heading = h("h1", { class: "visually-hidden", tabindex: -1, text: title });
  const root = h("div", { class: "view", "data-view": id });
  byId("main").replaceChildren(heading, root);
  if (moved) {
    heading.focus({ preventScroll: true });
    scrollTo(0, 0);
  }
  if (broken !== null) return root.append(brokenCard(broken));
  if (app !== null) await mount(id, root, app, () => mine === turn);
}

/** Unmounts what is there; what is shown again goes on, unless another takes its place before it is back. */
function leave(next: ViewId | null): void {
  const old = mounted ?? returning;
  mounted = null;
  returning = old?.id === next ? old : null;
  old?.unmount(returning !== null);
}

async function mount(id: ViewId, root: HTMLElement, on: Core, current: () => boolean): Promise<void> {
  const passed = on.status.stage === "ready";
  if (!passed && !ALWAYS.includes(id)) {
    return root.append(
      on.status.stage === "failed"
        ? failedCard(on)
        : h("p", { class: "muted busy", text: say(words).waiting }),
    );
  }
  try {
    const view = await VIEWS[id]();
    if (!current()) return;
    mounted = view;
    returning = null;
    await view.mount(root, on);
  } catch (thrown) {
    if (current()) root.replaceChildren(problem(say(words).viewFailed, [sentence(thrown)]));
  }
}
