/** One photo and its answer: large, with a bar for each class, the times, and what the network sees. */

import { SHAPES } from "../../fits";
import type { Preprocessing } from "../../preprocessing";
import type { Page } from "../../page";
import type { App } from "../shell/app";
import { h, milliseconds, percent } from "../shell/dom";
import { sentence } from "../shell/errors";
import type { Item } from "../shell/gallery";
import { say } from "../shell/i18n";
import { drawTensor, picture } from "../shell/pictures";
import { ranked } from "./csv";
import { removeButton } from "./remove";
import { verdictOf } from "./verdict";
import { words } from "./words";

/** Bars that are always seen; the others on demand. */
const TOP = 5;

export interface Times {
  readonly decode: number | null;
  readonly resize: number;
  readonly model: number;
}

/** Both halves for the selected photo: the picture, and the answer or why there is none. */
export function photoPanel(app: App, item: Item): HTMLElement {
  const remove = removeButton(app, item);
  const result = h("section", { class: "card result" }, ...resultOf(app, item));
  const name = (tag: "p" | "figcaption"): HTMLElement => h(tag, { class: "muted", text: item.name });
  const preview = item.prepared?.preview ?? null;
  const seen =
    preview === null ? item.thumb && copyOf(item.thumb) : picture(preview, say(words).photo(item.name));
  if (seen === null) {
    result.prepend(name("p"));
    return h("div", { class: "stage alone" }, h("div", { class: "removable" }, result, remove));
  }
  return h(
    "div",
    { class: "stage" },
    h("figure", { class: "photo removable" }, seen, name("figcaption"), remove),
    result,
  );
}

function copyOf(canvas: HTMLCanvasElement): HTMLCanvasElement {
  const copy = h("canvas", { width: canvas.width, height: canvas.height, "aria-hidden": "true" });
  copy.getContext("2d")?.drawImage(canvas, 0, 0);
  return copy;
}

function resultOf(app: App, item: Item): HTMLElement[] {
  const { prepared, answer } = item;
  if (item.state === "failed") {
    const said = prepared === null ? say(words).unread : say(words).answer;
    return [h("h2", { class: "bad", text: said }), h("p", { class: "sentence", text: sentence(item.error) })];
  }
  const seen = prepared === null ? [] : [seenFigure(prepared.tensor, app.page.preprocessing)];
  if (answer === null || prepared === null)
    return [
      h("p", { class: app.status.stage === "failed" ? "bad" : "muted busy", text: stateText(app, item) }),
      ...seen,
    ];
  const times = { ...prepared.ms, model: answer.ms };
  return [...answerParts(answer.probabilities, app.page), timesLine(times), ...seen];
}

/** What a photo without an answer waits for. */
export function stateText(app: App, { state }: Pick<Item, "state">): string {
  const text = say(words);
  if (state === "failed") return text.unread;
  if (state === "working") return text.working;
  if (app.status.stage === "failed") return text.noAnswer;
  if (state === "prepared" && app.status.stage !== "ready") return text.untested;
  return text.queued;
}

/** The label, large, or that there is none; and the bars. */
export function answerParts(probabilities: Float32Array, page: Page): HTMLElement[] {
  const { best, share, sure, text } = verdictOf(page, probabilities);
  const headline = h(
    "p",
    { class: sure ? "headline" : "headline unsure" },
    h("strong", { text }),
    sure && h("span", { text: percent(share) }),
  );
  const why = (): string =>
    say(words).whyNotSure(page.labels[best] ?? "", percent(share), percent(page.threshold ?? 0));
  const reason = sure ? [] : [h("p", { class: "muted", text: why() })];
  return [headline, ...reason, bars(ranked(probabilities), probabilities, page.labels)];
}

// Whoever wants to see all classes of one photo wants it of the next.
let expanded = false;

function bars(order: readonly number[], probabilities: Float32Array, labels: readonly string[]): HTMLElement {
  const list = h("ul", { class: "bars" });
  const more = h("button", { class: "button quiet small", type: "button" });
  const draw = (): void => {
    const some = expanded ? order : order.slice(0, TOP);
    list.replaceChildren(...some.map((i, at) => barRow(labels[i] ?? "", probabilities[i] ?? NaN, at === 0)));
    const { moreLabels, fewerLabels } = say(words);
    more.textContent = expanded ? fewerLabels : moreLabels(order.length - TOP);
    more.setAttribute("aria-expanded", String(expanded));
  };
  more.addEventListener("click", () => {
    expanded = !expanded;
    draw();
  });
  draw();
  return h("div", {}, list, order.length > TOP + 1 && more);
}

function barRow(label: string, share: number, first: boolean): HTMLElement {
  const fill = h("span", {});
  fill.style.width = `${(share * 100).toFixed(2)}%`;
  return h(
    "li",
    {},
    h("span", { text: label }),
    h("span", { class: "share", text: percent(share) }),
    h("div", { class: first ? "bar first" : "bar", "aria-hidden": "true" }, fill),
  );
}

/** "decode 4.1 ms · resize 3.0 ms · model 1.5 ms". */
export function timesLine({ decode, resize, model }: Times): HTMLElement {
  const { times } = say(words);
  const parts = [
    ...(decode === null ? [] : [`${times.decode} ${milliseconds(decode)}`]),
    `${times.resize} ${milliseconds(resize)}`,
    `${times.model} ${milliseconds(model)}`,
  ];
  return h("p", { class: "muted times", text: parts.join(" · ") });
}

/** The very input of the network, each of its pixels a square. */
export function seenFigure(tensor: Uint8Array, preprocessing: Preprocessing): HTMLElement {
  const { seen, fits } = say(words);
  const size = `${preprocessing.width} × ${preprocessing.height}`;
  const canvas = h("canvas", { class: "seen", role: "img", "aria-label": seen(size) });
  drawTensor(canvas, tensor, preprocessing);
  const caption = h(
    "figcaption",
    {},
    h("strong", { text: seen(size) }),
    h("span", { class: "muted", text: fits[SHAPES[preprocessing.fit]] }),
  );
  return h("figure", { class: "input" }, canvas, caption);
}
