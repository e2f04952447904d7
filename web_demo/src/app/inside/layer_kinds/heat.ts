/** What decided: a heat map over the photo. */

import type { Tensor } from "../../../engine/inside";
import { argmax } from "../../../decisions";
import { decimal, h, percent } from "../../shell/dom";
import { sentence } from "../../shell/errors";
import { say } from "../../shell/i18n";
import { rangeOf } from "../arithmetic/statistics";
import { selectField } from "../draw/fields";
import { calculation, line, number, size } from "../format";
import { compute, known } from "../heat/cache";
import { activationMap, scoreOf } from "../heat/cam";
import { opacityField, Progress } from "../heat/controls";
import { boxesOf, deepest, dropMap, type Occlusion } from "../heat/occlusion";
import { HeatPicture, OPACITY } from "../heat/picture";
import { smooth } from "../heat/smooth";
import { type Heat, upsample } from "../heat/upsample";
import type { Room } from "../room";
import { words } from "../words";
import { text } from "./parts";

type Method = "cam" | "occlusion";

interface Cam {
  readonly features: Tensor;
  readonly kernel: Tensor;
  readonly bias: Tensor | null;
}

const METHOD = "heat method";
/** Below this change of a probability nothing is colored as if it mattered. */
const NOTHING = 0.001;

export async function draw(room: Room): Promise<void> {
  const cam = await camOf(room);
  if (room.alive()) new HeatMap(room, cam).draw();
}

async function camOf({ trace }: Room): Promise<Cam | null> {
  const of = trace?.network.cam;
  if (trace === null || !of) return null;
  const [kernel, bias] = await Promise.all([
    trace.weight(of.kernel),
    of.bias === null ? null : trace.weight(of.bias),
  ]);
  return { features: trace.named(of.features), kernel, bias };
}

class HeatMap {
  private readonly picture: HeatPicture;
  private readonly progress = new Progress();
  private readonly about = h("div", {});
  private readonly reading = h("div", {});
  private readonly legend = h("div", { class: "legend", hidden: true });
  private method: Method;
  private label: number;
  private running = new AbortController();

  constructor(
    private readonly room: Room,
    private readonly cam: Cam | null,
  ) {
    const { app, shown, memory } = room;
    this.picture = new HeatPicture(shown.prepared, app.page.preprocessing, room.colors);
    this.method = cam === null ? "occlusion" : memory.get<Method>(METHOD, "cam");
    this.label = shown.answer === null ? 0 : argmax(shown.answer.probabilities);
    room.onEnd(() => this.running.abort());
  }

  draw(): void {
    const { app, root } = this.room;
    const { label: labelWord } = say(words);
    const { heat } = say(words);
    const labels = app.page.labels.map((name, i) => [String(i), name] as const);
    const chooser = selectField(labelWord, labels, String(this.label), (chosen) => {
      this.label = Number(chosen);
      void this.show();
    });
    const methods = [["cam", heat.cam] as const, ["occlusion", heat.occlusion] as const];
    const method = selectField<Method>(heat.method, methods, this.method, (chosen) => this.setMethod(chosen));
    const opacity = opacityField(OPACITY, (value) => this.picture.setOpacity(value));
    this.progress.done();
    root.append(
      this.about,
      h("div", { class: "heat-controls" }, chooser, this.cam === null ? null : method, opacity),
      this.progress.element,
      this.picture.element,
      this.legend,
      this.reading,
    );
    void this.show();
  }

  private setMethod(method: Method): void {
    this.method = method;
    this.room.memory.set(METHOD, method);
    void this.show();
  }

  private async show(): Promise<void> {
    this.running.abort();
    this.running = new AbortController();
    this.explain();
    if (this.method === "cam" && this.cam !== null) {
      this.progress.done();
      return this.showCam(this.cam);
    }
    const occlusion = known(this.room.app, this.room.shown.prepared.tensor);
    if (occlusion !== null) this.showOcclusion(occlusion);
    else await this.compute();
  }

  private explain(): void {
    const { heat } = say(words);
    const boxes = boxesOf(this.room.app.page.preprocessing);
    const line =
      this.method === "cam" && this.cam !== null
        ? heat.camText(size(this.cam.features.shape))
        : heat.occlusionText(boxes[0]?.side ?? 0, boxes.length);
    this.about.replaceChildren(text(line));
  }

  private async compute(): Promise<void> {
    const { app, shown } = this.room;
    const { heat } = say(words);
    const { signal } = this.running;
    const again = (): void => void this.show();
    const progress = (done: number, all: number): void => {
      if (!signal.aborted) this.progress.running(done, all, () => this.cancel());
    };
    this.clear();
    progress(0, boxesOf(app.page.preprocessing).length);
    try {
      const occlusion = await compute(app, shown.prepared.tensor, progress, signal);
      if (occlusion === null || signal.aborted) return;
      this.showOcclusion(occlusion);
      app.announce(heat.done);
    } catch (thrown) {
      if (!signal.aborted) this.progress.stopped(sentence(thrown), again);
    }
  }

  private cancel(): void {
    const { canceled } = say(words).heat;
    this.running.abort();
    this.progress.stopped(canceled, () => void this.show());
    this.room.app.announce(canceled);
  }

  private clear(): void {
    this.picture.show(null, 0);
    this.legend.hidden = true;
    this.reading.replaceChildren();
    this.picture.describe(this.room.shown.name);
  }

  private showOcclusion(occlusion: Occlusion): void {
    const { heat } = say(words);
    this.progress.done();
    const map = smooth(dropMap(occlusion, this.label), (occlusion.boxes[0]?.side ?? 1) >> 1 || 1);
    const { limit } = rangeOf(map.values);
    const { left } = deepest(occlusion, this.label);
    const name = this.name;
    const whole = occlusion.whole[this.label] ?? NaN;
    const points = (value: number): string => heat.points(`${value > 0 ? "+" : ""}${signed(value * 100)}`);
    this.color(map, Math.max(limit, NOTHING), points);
    this.reading.replaceChildren(
      text(heat.read(name)),
      text(limit < NOTHING ? heat.flat : heat.strongest(percent(whole), percent(left), name)),
      text(heat.limits.occlusion, "muted"),
    );
  }

  private showCam(cam: Cam): void {
    const { heat } = say(words);
    const { preprocessing } = this.room.app.page;
    const map = activationMap(cam.features, cam.kernel, this.label);
    const bias = cam.bias?.data[this.label] ?? 0;
    const score = scoreOf(map, cam.bias, this.label);
    const large = upsample(map, preprocessing.width, preprocessing.height);
    this.color(large, rangeOf(map.values).limit, (value) => number(value, 2));
    const sum = heat.score(number(score - bias), number(bias), number(score));
    this.reading.replaceChildren(
      text(heat.read(this.name)),
      calculation(line(`${this.name}:`, sum)),
      text(heat.limits.cam(size(cam.features.shape.slice(0, 2))), "muted"),
    );
  }

  private get name(): string {
    return this.room.app.page.labels[this.label] ?? "";
  }

  private color(heat: Heat, limit: number, say_: (value: number) => string): void {
    const { legend, picture } = say(words).heat;
    this.picture.show(heat, limit);
    this.picture.describe(picture(this.name));
    const end = (word: string, value: number): HTMLElement => h("span", { text: `${word} (${say_(value)})` });
    const ramp = h("span", { class: "ramp clear", "aria-hidden": "true" });
    this.legend.replaceChildren(end(legend.against, -limit), ramp, end(legend.for, limit));
    this.legend.hidden = false;
  }
}

const signed = (value: number): string => `${value < 0 ? "\u2212" : ""}${decimal(Math.abs(value), 1)}`;
