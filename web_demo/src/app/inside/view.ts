/** The view "Look inside": the lecture on the visitor's own photo, with the trained weights. */

import { Inside, type Layers, type LayerOutput } from "../../engine/inside";
import { addAndSay } from "../classify/announce";
import { samples } from "../classify/samples";
import type { App, Shown } from "../shell/app";
import { h, loadStyle } from "../shell/dom";
import { reasonIn, sentence } from "../shell/errors";
import { say } from "../shell/i18n";
import { titles } from "../shell/titles";
import type { View } from "../shell/view";
import { type Scheme, scheme } from "./draw/colors";
import figures from "./figures.css";
import css from "./inside.css";
import { PLAYING } from "./layer_kinds/player";
import { Memory } from "./memory";
import { ENGLISH } from "../../messages/en";
import type { Made, Step } from "./room";
import { Stepper } from "./stepper";
import { stepsOf } from "./steps";
import { thumbnail } from "./thumbs";
import { Trace } from "./trace";
import { words } from "./words";

let mounted: Visit | null = null;

export const view: View = {
  id: "inside",
  title: () => titles().get("inside") ?? "",
  async mount(root, app) {
    const visit = new Visit(root, app);
    mounted = visit;
    // In this order: what is said for narrow screens stands at the end.
    await loadStyle(figures);
    await loadStyle(css);
    if (mounted === visit) await visit.start();
  },
  unmount(again) {
    untold = (again && (mounted?.problem ?? untold)) || null;
    mounted?.end();
    if (!again) memory.set(PLAYING, null);
    mounted = null;
  },
};

/** What outlives a change of tab or of language. */
const memory = new Memory();
let opened: { readonly app: App; readonly inside: Promise<Inside> } | null = null;
const traces = new WeakMap<Uint8Array, Promise<readonly LayerOutput[]>>();
let lastStep = 0;
/** The step that was drawn last: if it is drawn anew, what plays in it goes on. */
let lastDrawn = -1;
/** What has to be said again in another language. */
let untold: (() => string) | null = null;

/** The network's layers, opened once for a page. */
function open(app: App): Promise<Inside> {
  if (opened?.app === app) return opened.inside;
  const inside = Inside.open(app.page).catch(() => Inside.open(app.page, "cpu"));
  opened = { app, inside };
  inside.catch(() => (opened = null));
  return inside;
}

class Visit {
  private readonly photo = h("div", { class: "row photo-bar" });
  private readonly notice = h("p", { class: "notice", hidden: true });
  private readonly place = h("div", {});
  private readonly ends: (() => void)[] = [];
  private readonly live = { visit: true };
  private stepper: Stepper | null = null;
  private steps: readonly Step[] = [];
  /** Why the last photo could not be taken. */
  problem: (() => string) | null = null;
  /** What the drawn step began, and has to end. */
  private stepEnds: (() => void)[] = [];
  private tensor: Uint8Array | null = null;
  private drawn: Trace | null = null;
  private speaking: ReturnType<typeof setTimeout> | undefined;
  private colors: Scheme | null = null;

  private readonly root = h("div", { class: "inside" });

  constructor(
    root: HTMLElement,
    private readonly app: App,
  ) {
    root.append(this.root);
  }

  async start(): Promise<void> {
    this.root.append(this.photo, this.notice, this.place);
    const keydown = (event: KeyboardEvent): void => {
      this.stepper?.key(event);
      this.speak(event);
    };
    document.addEventListener("keydown", keydown);
    this.ends.push(
      () => document.removeEventListener("keydown", keydown),
      this.app.onCurrent(() => void this.changed()),
      this.app.onEngine(() => this.answered()),
      onTheme(() => this.recolor()),
    );
    await this.changed();
    if (untold !== null && this.live.visit) this.tell((this.problem = untold)());
  }

  end(): void {
    this.live.visit = false;
    clearTimeout(this.speaking);
    this.endStep();
    if (this.stepper !== null) lastStep = this.stepper.index;
    for (const end of this.ends) end();
  }

  /** What a picture says of the place that the arrow keys moved to, once they rest. */
  private speak({ target, key }: KeyboardEvent): void {
    if (!(target instanceof HTMLCanvasElement) || !key.startsWith("Arrow")) return;
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => this.app.announce(target.getAttribute("aria-label") ?? ""), 500);
  }

  /** Another photo is the current one, or its answer has come. */
  private async changed(): Promise<void> {
    const shown = this.app.current();
    if (shown === null) return this.offer();
    if (shown.prepared.tensor === this.tensor) return this.answered();
    this.tensor = shown.prepared.tensor;
    this.photoBar(shown);
    if (this.stepper === null)
      this.place.replaceChildren(h("p", { class: "muted busy", text: say(words).running }));
    const trace = await this.trace(shown);
    if (!this.live.visit || this.tensor !== shown.prepared.tensor) return;
    this.build(trace);
  }

  private offer(): void {
    const { lead, noPhoto, choose } = say(words);
    this.endStep();
    this.stepper = null;
    this.tensor = null;
    this.photo.replaceChildren();
    this.place.replaceChildren(
      h(
        "div",
        { class: "card" },
        h("p", { text: `${lead} ${noPhoto}` }),
        this.fileButton(choose, "button"),
        samples(this.app),
      ),
    );
  }

  private photoBar({ name }: Shown): void {
    const { another, lead } = say(words);
    this.photo.replaceChildren(
      h("span", { class: "chip", text: name }),
      this.fileButton(another, "button quiet small"),
      h("p", { class: "muted", text: lead }),
    );
  }

  private fileButton(text: string, look: string): HTMLElement {
    const change = (): void => {
      void this.take([...(input.files ?? [])].slice(0, 1));
      // Or the same file, chosen once more, would be no change.
      input.value = "";
    };
    const input = h("input", {
      type: "file",
      accept: "image/*",
      hidden: true,
      "aria-label": text,
      on: { change },
    });
    const click = (): void => input.click();
    return h("span", {}, h("button", { class: look, type: "button", text, on: { click } }), input);
  }

  /** Adds a photo; one that cannot be read leaves the one that was there, and says why. */
  private async take(files: readonly File[]): Promise<void> {
    const { items } = this.app.gallery;
    const first = items.length;
    await addAndSay(this.app, files);
    const item = items[first];
    this.problem = item?.state === "failed" ? () => `${item.name}: ${sentence(item.error)}` : null;
    if (this.problem !== null && this.live.visit) this.tell(this.problem());
  }

  /** The photo's way through the network; null where the layers cannot be run, and the notice says why. */
  private async trace({ prepared: { tensor } }: Shown): Promise<Trace | null> {
    const { noLayers, failed } = say(words);
    const { page } = this.app;
    if (page.layers === null) {
      this.tell(noLayers(reasonIn(page.layers_reason ?? ENGLISH["layers.left-out"], page.layers_told)));
      return null;
    }
    try {
      const inside = await open(this.app);
      const outputs = traces.get(tensor) ?? inside.run(tensor);
      traces.set(tensor, outputs);
      outputs.catch(() => traces.delete(tensor));
      this.tell(
        inside.layers.chain ? null : noLayers(reasonIn(inside.layers.reason ?? "", inside.layers.told)),
      );
      const { width, height, channels } = page.preprocessing;
      const image = { shape: [height, width, channels], data: Float32Array.from(tensor) };
      return new Trace(inside.layers, image, await outputs, (name) => inside.weight(name));
    } catch (thrown) {
      this.tell(failed(sentence(thrown)));
      return null;
    }
  }

  private tell(notice: string | null): void {
    this.notice.textContent = notice ?? "";
    this.notice.hidden = notice === null;
  }

  private build(trace: Trace | null): void {
    this.drawn = trace;
    const network: Layers | null = trace?.network ?? null;
    const steps = stepsOf(this.app.page, network);
    const wanted = this.stepper?.index ?? stepInAddress() ?? lastStep;
    this.steps = steps;
    const at = Math.min(steps.length - 1, Math.max(0, wanted));
    this.stepper = new Stepper(
      steps,
      at,
      (step, body) => this.draw(step, body, trace),
      (text) => this.app.announce(text),
      ({ made }) => this.thumbnail(made, trace),
    );
    this.place.replaceChildren(this.stepper.element);
  }

  private draw(step: Step, root: HTMLElement, trace: Trace | null): void {
    this.endStep();
    const index = this.steps.indexOf(step);
    if (index !== lastDrawn) memory.set(PLAYING, null);
    lastDrawn = index;
    const shown = this.app.current();
    if (shown === null) return;
    const ends: (() => void)[] = [];
    this.stepEnds = ends;
    this.colors ??= scheme(this.root);
    const room = {
      ...{ root, app: this.app, shown, trace, colors: this.colors, memory },
      alive: () => this.live.visit && this.stepEnds === ends,
      onEnd: (end: () => void) => void ends.push(end),
    };
    Promise.resolve(step.draw(room)).catch((thrown: unknown) => {
      if (room.alive()) root.replaceChildren(h("p", { class: "notice", text: sentence(thrown) }));
    });
  }

  private thumbnail(made: Made, trace: Trace | null): HTMLCanvasElement | null {
    const [shown, { preprocessing }] = [this.app.current(), this.app.page];
    this.colors ??= scheme(this.root);
    return shown && thumbnail(made, { shown, preprocessing, trace, colors: this.colors, memory });
  }

  private endStep(): void {
    for (const end of this.stepEnds) end();
    this.stepEnds = [];
  }

  /** Draws the step once more if it shows the page's answer. */
  private answered(): void {
    if (this.stepper?.step.answers === true) this.stepper.show();
  }

  private recolor(): void {
    this.colors = null;
    if (this.stepper !== null) this.build(this.drawn);
  }
}

/** The step that the address names, counted from 0. */
function stepInAddress(): number | null {
  const found = /^#inside\/(\d+)$/.exec(location.hash);
  return found === null ? null : Number(found[1]) - 1;
}

/** Calls back when light becomes dark; gives back what ends that. */
function onTheme(listener: () => void): () => void {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const observer = new MutationObserver(listener);
  observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  dark.addEventListener("change", listener);
  return () => {
    observer.disconnect();
    dark.removeEventListener("change", listener);
  };
}
