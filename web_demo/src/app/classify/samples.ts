/** A few drawings to try; fetched only once the self-test has passed, so that they never delay it. */

import { fetchFile } from "../../page";
import type { App } from "../shell/app";
import { h } from "../shell/dom";
import { say } from "../shell/i18n";
import { addAndSay } from "./announce";
import { words } from "./words";

/** Kept for the next time that the view is opened. */
const files = new Map<string, File>();

/** An empty, hidden place that fills itself. */
export function samples(app: App): HTMLElement {
  const place = h("section", { class: "samples", hidden: true });
  const draw = async (): Promise<void> => {
    const found = await Promise.all(app.page.samples.map(({ path }) => load(app, path)));
    const some = found.filter((file) => file !== null);
    if (some.length === 0) return;
    const { samples: title, sample } = say(words);
    const buttons = some.map((file, i) => h("li", {}, sampleButton(app, file, sample(i + 1))));
    place.replaceChildren(h("h2", { text: title }), h("ul", { class: "row" }, ...buttons));
    place.hidden = false;
  };
  const ends: (() => void)[] = [];
  const begin = (): void => {
    // Nor do they take from the answer of a photo that was chosen meanwhile.
    const busy = app.gallery.items.some(({ state }) => state !== "done" && state !== "failed");
    if (app.status.stage !== "ready" || busy) return;
    for (const end of ends.splice(0)) end();
    // Once what has just been answered is on the screen.
    setTimeout(() => void draw(), 50);
  };
  ends.push(app.onStatus(begin), app.gallery.on(begin));
  begin();
  return place;
}

function sampleButton(app: App, file: File, label: string): HTMLElement {
  const src = URL.createObjectURL(file);
  const release = (): void => URL.revokeObjectURL(src);
  const image = h("img", { src, alt: label, width: 72, height: 72, on: { load: release, error: release } });
  return h(
    "button",
    { class: "sample", type: "button", on: { click: () => void addAndSay(app, [file]) } },
    image,
  );
}

/** Null where it cannot be had: samples are a courtesy. */
async function load(app: App, path: string): Promise<File | null> {
  const known = files.get(path);
  if (known !== undefined) return known;
  try {
    const bytes = await fetchFile(app.page, path);
    const file = new File([bytes], path.slice(path.lastIndexOf("/") + 1), { type: "image/jpeg" });
    files.set(path, file);
    return file;
  } catch {
    return null;
  }
}
