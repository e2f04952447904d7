/** What was found, in sentences, and as a report that can be put into an issue. */

import { h, percent, scientific } from "../../shell/dom";
import { say } from "../../shell/i18n";
import { type LayerRow, SATURATED } from "./departure";
import { type Found, TOLERANCE } from "./find";
import type { Precision } from "./matching";
import { words } from "./words";

/** Where and by what the comparison ran. */
export interface About {
  /** Of the artifact. */
  readonly name: string;
  /** The artifact that is the reference; null for the bundle's layers. */
  readonly reference: string | null;
  readonly precision: Precision;
  /** Of the bundle, with gemelo's version. */
  readonly bundle: string;
  readonly runtime: string;
  readonly photo: string;
  readonly sha256: string | null;
  readonly selfTest: string;
  /** The browser, as it names itself. */
  readonly agent: string;
}

// Below it is rounding; above, looking inside is not what moved the answers.
const [MOVED_FROM, MOVED_TO] = [1e-6, 0.05];

/** The verdict, as gemelo/compare/layers.py puts it. */
export function verdict({ name, precision }: About, found: Found): string {
  const said = say(words);
  const { here, last, tensor } = found;
  if (here === null) {
    const { matched, passed, tensors, unmatched } = found;
    if (passed && unmatched !== null) {
      return said.notItsLayers(name, matched, tensors, `${unmatched.name} (${unmatched.kind})`);
    }
    if (passed) return said.toTheEnd(name);
    return (found.apart <= TOLERANCE[precision] ? said.otherPhoto : said.toldApart)(name);
  }
  const share = tensor?.saturated ?? 0;
  return said.departs(
    name,
    `${here.name} (${here.kind})`,
    last === null ? said.beginning : said.after(last),
    share > SATURATED ? said.saturated(percent(share)) : "",
  );
}

/** What should be known of it. */
export function notes({ name, reference }: About, found: Found): string[] {
  const said = say(words);
  const { here, keras, matched, moved, tensor, tensors } = found;
  const other = tensor !== null && tensor.name !== here?.name;
  // An artifact in few bits is not as near, and is no proof against TF.js.
  const near = keras !== null && (keras <= TOLERANCE.fp32 || reference !== null);
  const trust = keras === null ? said.unknown : (near ? said.near : said.far)(scientific(keras));
  return [
    ...(other ? [said.tensor(tensor.name, tensor.kind)] : []),
    `${reference === null ? said.reference : said.artifact(reference)} ${trust}`,
    ...(moved > MOVED_FROM && moved <= MOVED_TO ? [said.moved(name, scientific(moved))] : []),
    said.matched(matched, tensors),
  ];
}

/** A layer's figures as they are shown: name, difference, tensor, state. */
export function cells({
  layer,
  type,
  difference,
  tensor,
  state,
}: LayerRow): [string, string, string, string] {
  const shown = state !== "fused" && difference !== null;
  const text = shown ? scientific(difference) : "–";
  return [`${layer} (${type})`, text, shown ? (tensor ?? "–") : "–", say(words).states[state]];
}

export function markdown(about: About, found: Found): string {
  const { browser, head, selfTest, title } = say(words);
  const heads = [head.layer, head.difference, head.tensor, head.state];
  const photo = about.sha256 === null ? about.photo : `${about.photo} (sha256 ${about.sha256})`;
  const facts = [about.bundle, about.runtime, photo, selfTest(about.selfTest), browser(about.agent)];
  const line = (texts: readonly string[]): string => `| ${texts.map(escaped).join(" | ")} |`;
  return [
    `### ${title} ${escaped(verdict(about, found))}`,
    "",
    ...[...facts, ...notes(about, found)].map((text) => `- ${escaped(text)}`),
    "",
    line(heads),
    "|---|---:|---|---|",
    ...found.rows.map((row) => line(cells(row))),
    "",
  ].join("\n");
}

/** Text from outside: nothing of it is taken for markup, as in gemelo/compare/summaries.py. */
function escaped(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\\|`*<>[\]&#]|(?<!\w)_|_(?!\w)/g, "\\$&");
}

/** The table of the layers. */
export function table(found: Found): HTMLElement {
  const { caption, head, hint } = say(words);
  const heads = [head.layer, head.difference, head.tensor, head.state];
  return h(
    "table",
    { class: "table layers" },
    h("caption", { class: "visually-hidden", text: caption }),
    h(
      "thead",
      {},
      h("tr", {}, ...heads.map((text, i) => h("th", { scope: "col", title: i === 1 && hint, text }))),
    ),
    h("tbody", {}, ...found.rows.map(lineOf)),
  );
}

function lineOf(row: LayerRow): HTMLElement {
  const [layer, difference, tensor, state] = cells(row);
  const kind = row.state === "agrees" ? "good" : row.state === "begins" ? "bad" : "muted";
  return h(
    "tr",
    { "data-state": row.state },
    h("th", { scope: "row" }, ...breakable(layer)),
    h("td", { class: "difference", text: difference }),
    h("td", { class: "tensor" }, ...breakable(tensor)),
    h("td", {}, h("span", { class: kind, text: state })),
  );
}

/** A name that lines may break after its underscores and slashes, not inside a word. */
function breakable(name: string): (string | HTMLElement)[] {
  return name.split(/(?<=[_/])(?![_/])/).flatMap((part, i) => (i === 0 ? [part] : [h("wbr"), part]));
}
