/** The last view: the self-test in full, what else could answer, what the model is, and what becomes of photos. */

import { artifactOf } from "../../engine/engine";
import { shapeOf } from "../../fits";
import type { Proof } from "../../photo/proof";
import { titleOf } from "../../runtimes/registry";
import type { App } from "../shell/app";
import { choiceName, difference } from "../shell/badge";
import { decimal, h, kilobytes, loadStyle, milliseconds, percent } from "../shell/dom";
import { reasonIn } from "../shell/errors";
import { language, say } from "../shell/i18n";
import { failureList } from "../shell/problems";
import { titles } from "../shell/titles";
import type { View } from "../shell/view";
import css from "./about.css";
import { chooser } from "./chooser";
import { words } from "./words";

let endings: (() => void)[] = [];

export const view: View = {
  id: "about",
  title: () => titles().get("about") ?? "",
  async mount(root, app) {
    await loadStyle(css);
    const test = h("section", { class: "card" });
    let stage = "";
    const draw = (): void => {
      if (stage === app.status.stage) return;
      stage = app.status.stage;
      test.replaceChildren(...selfTest(app));
    };
    draw();
    endings = [app.onStatus(draw)];
    const choice = chooser(app, endings);
    const columns = [
      [test, choice],
      [model(app), privacy()],
    ].map((cards) => h("div", {}, ...cards));
    root.replaceChildren(h("div", { class: "about" }, ...columns));
  },
  unmount() {
    endings.forEach((end) => end());
    endings = [];
  },
};

type Row = readonly [name: string, value: string];

function table(rows: readonly Row[]): HTMLElement {
  const lines = rows.map(([name, value]) =>
    h("tr", {}, h("th", { scope: "row", text: name }), h("td", { text: value })),
  );
  return h("table", { class: "table" }, h("tbody", {}, ...lines));
}

function selfTest(app: App): HTMLElement[] {
  const text = say(words);
  const head = [
    h("h2", { text: text.test }),
    h("p", { class: "muted", text: text.testText(app.page.goldens.images.length) }),
  ];
  if (app.status.stage === "failed") return [...head, table([[text.state, text.failed]]), ...failures(app)];
  if (app.status.stage !== "ready") return [...head, table([[text.state, text.notYet]])];
  return [...head, table(passedRows(app)), ...failures(app)];
}

function passedRows({ engine, page, verification }: App): Row[] {
  const text = say(words);
  const { accuracy } = artifactOf(page, engine.choice);
  const {
    maxDifference,
    expectedDifference: expected_outputs,
    tolerance,
    labelChanges,
    proof,
    ms,
  } = verification;
  const allowed = ` (${text.allowed}: ${difference(tolerance)})`;
  const fromRecord: Row[] =
    expected_outputs === null ? [] : [[text.record, `${difference(expected_outputs)}${allowed}`]];
  return [
    [text.state, `${text.passed}: ${choiceName(engine.choice)}`],
    ...fromRecord,
    [text.difference, `${difference(maxDifference)}${expected_outputs === null ? allowed : ""}`],
    [text.labels, String(labelChanges)],
    ...(accuracy === null ? [] : [[text.accuracyHere, percent(accuracy)] as const]),
    [text.decoded, decoderText(proof)],
    [text.took, milliseconds(ms)],
    [text.version, `${titleOf(engine.choice.runtime)} ${engine.version}`],
    [text.threads, String(engine.threads)],
    [text.sent, engine.bytes === 0 ? text.cached : kilobytes(engine.bytes)],
  ];
}

function decoderText({ canvas, jpeg, webp }: Proof): string {
  const text = say(words);
  if (jpeg && webp) return text.byBrowser;
  return canvas ? text.byWasm : text.byWasmForNoise;
}

function failures(app: App): HTMLElement[] {
  const list = failureList(app);
  return list.length === 0 ? [] : [h("h3", { text: say(words).tried }), ...list];
}

function model({ page }: App): HTMLElement {
  const text = say(words);
  const { width, height, channels, fit, filter, resize_to } = page.preprocessing;
  const way = [fit, ...(resize_to ? [resize_to] : []), filter].join(" ");
  const rows: Row[] = [
    [text.name, page.name],
    source(page) ?? [text.architecture, page.architecture],
    ...doubt(page),
    [text.parameters, decimal(page.parameters, 0)],
    [text.classes, page.labels.join(", ")],
    ...(page.threshold === null ? [] : [[text.threshold, percent(page.threshold)] as const]),
    ...(page.accuracy === null ? [] : [[text.accuracy, percent(page.accuracy)] as const]),
    [text.input, `${width} × ${height} × ${channels}, ${text.fits[shapeOf(fit)]} (${way})`],
    [text.limit, `${(page.max_pixels / 1e6).toLocaleString(language())} ${text.megapixels}`],
    [text.made, `gemelo ${page.gemelo}`],
  ];
  const head = h("h2", { text: text.model });
  return h("section", { class: "card" }, head, table(rows), ...declarations(page));
}

/** What speaks against the declared preprocessing. */
function doubt({ imported }: App["page"]): Row[] {
  if (!imported?.warning) return [];
  return [[say(words).doubt, reasonIn(imported.warning, imported.warning_told)]];
}

/** How the photos of an imported model are prepared, and who said so. */
function declarations({ imported }: App["page"]): HTMLElement[] {
  if (!imported) return [];
  const { prepared, preparedText, declared, by } = say(words);
  const named = (name: string): string => (declared as Record<string, string>)[name] ?? name;
  const rows = imported.declared.map(
    (row) => [named(row.name), `${row.value} (${by[row.by as keyof typeof by]})`] as const,
  );
  return [h("h3", { text: prepared }), h("p", { class: "muted", text: preparedText }), table(rows)];
}

/** The file that the model came in, with enough of its hash to tell it from others. */
function source({ imported }: App["page"]): Row | null {
  if (!imported) return null;
  return [
    say(words).imported,
    `${imported.file} (${imported.title}, sha256 ${imported.sha256.slice(0, 16)}…)`,
  ];
}

function privacy(): HTMLElement {
  const text = say(words);
  return h(
    "section",
    { class: "card" },
    h("h2", { text: text.privacy }),
    ...text.privacyText.map((line) => h("p", { text: line })),
    h("h2", { text: text.numbers }),
    h("p", { text: text.numbersText }),
  );
}
