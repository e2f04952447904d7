/** The last layer: scores become probabilities, and these are the page's answer. */

import { artifactOf } from "../../../engine/engine";
import { largestDifference } from "../../../engine/verify";
import { choiceName } from "../../shell/badge";
import { h, percent } from "../../shell/dom";
import { say } from "../../shell/i18n";
import { activate, softmax } from "../arithmetic/activations";
import { calculation, line, number, tiny } from "../format";
import type { Kind, LayerRoom } from "../room";
import { words } from "../words";
import { checked, text } from "./parts";

/** Of more labels than these, the most probable are written out. */
const MOST_LABELS = 10;

export const kind: Kind = {
  title: () => say(words).output.title,
  draw(room) {
    const { output: said, rounded } = say(words);
    const { layer, input, output } = room;
    const known = layer.type === "Activation" && input.data.length === output.data.length;
    const worked = known ? activate(layer.activation, input.data) : null;
    const about =
      layer.activation === "softmax"
        ? said.softmax
        : layer.activation === "sigmoid"
          ? said.sigmoid
          : said.plain;
    room.root.append(
      text(isMirrored(room) ? `${about} ${said.mirrored}` : about),
      ...(worked === null ? [] : [writtenOut(room, worked)]),
      ...comparison(room),
      text(rounded, "muted"),
    );
  },
};

/** Two columns that are one score, z and −z. */
function isMirrored({ layer, input: { data } }: LayerRoom): boolean {
  return layer.activation === "sigmoid" && data.length === 2 && data[0] === -(data[1] as number);
}

/** The labels that are written out: all, or the most probable of many, in their order. */
function shownLabels({ output: { data } }: LayerRoom): number[] {
  const ranked = Array.from(data.keys()).sort((a, b) => data[b]! - data[a]!);
  return ranked.slice(0, MOST_LABELS).sort((a, b) => a - b);
}

function writtenOut(room: LayerRoom, worked: readonly number[]): HTMLElement {
  const { layer, output, app } = room;
  const labels = shownLabels(room);
  const lines = layer.activation === "softmax" ? softmaxLines(room, labels) : sigmoidLines(room, labels);
  const compared = labels.map((i) => checked(worked[i]!, output.data[i]!, `${app.page.labels[i]}:`));
  return calculation(...lines, ...compared);
}

function sigmoidLines({ input, app }: LayerRoom, labels: readonly number[]): HTMLElement[] {
  return labels.map((i) => {
    const z = input.data[i]!;
    const power = Math.exp(-z);
    return line(
      `${app.page.labels[i]}:`,
      `z = ${number(z)};`,
      `1 / (1 + e^(${number(-z)}))`,
      `= 1 / (1 + ${number(power)})`,
      `= ${number(1 / (1 + power), 7)}`,
    );
  });
}

function softmaxLines({ input, app }: LayerRoom, labels: readonly number[]): HTMLElement[] {
  const { output: said } = say(words);
  const { powers, total, probabilities } = softmax(input.data);
  const name = (i: number): string => `${app.page.labels[i]}:`;
  const power = (i: number): string => number(powers[i]!);
  return [
    ...labels.map((i) => line(name(i), `e^(${number(input.data[i]!)})`, `= ${power(i)}`)),
    line(`${said.total(powers.length)}:`, number(total)),
    ...labels.map((i) =>
      line(name(i), `${power(i)} / ${number(total)}`, `= ${number(probabilities[i]!, 7)}`),
    ),
  ];
}

/** Beside the page's own answer, which another runtime may have given, from other files. */
function comparison(room: LayerRoom): HTMLElement[] {
  const { output, shown, app } = room;
  const { output: said, label } = say(words);
  const { choice } = app.engine;
  if (shown.answer === null) return [text(said.waiting)];
  const { probabilities } = shown.answer;
  const head = [label, said.inside, said.answer(choiceName(choice))];
  const rows = shownLabels(room).map((i) =>
    h(
      "tr",
      {},
      h("th", { scope: "row", text: app.page.labels[i] ?? "" }),
      h("td", { text: percent(output.data[i] ?? NaN) }),
      h("td", { text: percent(probabilities[i] ?? NaN) }),
    ),
  );
  const top = h("tr", {}, ...head.map((word) => h("th", { scope: "col", text: word })));
  const difference = largestDifference(probabilities, [Array.from(output.data)]);
  const equal = h("p", { class: "equal", "data-difference": difference, text: said.equal(tiny(difference)) });
  return [
    h(
      "div",
      { class: "scroll" },
      h("table", { class: "table answer" }, h("thead", {}, top), h("tbody", {}, ...rows)),
    ),
    equal,
    ...(artifactOf(app.page, choice).exact ? [] : [text(said.quantized, "muted")]),
  ];
}
