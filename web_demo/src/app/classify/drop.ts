/** The drop zone: a button to choose photos, a place to let them go, and an ear for pasting. */

import type { App } from "../shell/app";
import { h } from "../shell/dom";
import { say } from "../shell/i18n";
import { addAndSay } from "./announce";
import { meant, type Taken, take } from "./take";
import { words } from "./words";

export interface DropZone {
  readonly element: HTMLElement;
  /** Small once there is a photo; its words follow the self-test. */
  refresh(): void;
  /** Stops listening to the document. */
  end(): void;
}

export function dropZone(app: App, onTaken: (taken: Taken) => void): DropZone {
  const title = h("strong", {});
  const hint = h("span", { class: "muted" });
  const input = chooser(onTaken);
  const button = h(
    "button",
    { class: "drop", type: "button", on: { click: () => input.click() } },
    h("span", { class: "pile", "aria-hidden": "true" }),
    h("span", {}, title, hint),
  );
  const refresh = (): void => {
    const some = app.gallery.items.length > 0;
    const { stage } = app.status;
    const text = say(words);
    const over = button.classList.contains("over");
    title.textContent = over ? text.dropNow : some ? text.more : text.dropTitle;
    hint.textContent = stage === "failed" ? text.refused : stage === "ready" ? text.dropHint : text.waiting;
    hint.hidden = some && stage !== "failed";
    button.classList.toggle("small", some);
  };
  const ended = new AbortController();
  listen(button, refresh, onTaken, ended.signal);
  refresh();
  return { element: h("div", {}, button, input), refresh, end: () => ended.abort() };
}

function chooser(onTaken: (taken: Taken) => void): HTMLInputElement {
  const input = h("input", { type: "file", multiple: true, accept: "image/*", hidden: true });
  input.addEventListener("change", () => {
    onTaken({ files: meant([...(input.files ?? [])]), emptyFolders: [], address: false });
    // So that the same file can be chosen again.
    input.value = "";
  });
  return input;
}

function listen(
  zone: HTMLElement,
  refresh: () => void,
  onTaken: (taken: Taken) => void,
  signal: AbortSignal,
): void {
  // The whole page is the target: a photo that misses must not replace the page.
  let inside = 0;
  const over = (on: boolean): void => {
    zone.classList.toggle("over", on);
    refresh();
  };
  const on = <K extends keyof DocumentEventMap>(
    name: K,
    listener: (event: DocumentEventMap[K]) => void,
  ): void => document.addEventListener(name, listener, { signal });
  on("dragenter", (event) => {
    event.preventDefault();
    over(++inside > 0);
  });
  on("dragleave", () => over((inside = Math.max(0, inside - 1)) > 0));
  on("dragover", (event) => event.preventDefault());
  on("drop", (event) => {
    event.preventDefault();
    inside = 0;
    over(false);
    void take(event.dataTransfer).then(onTaken);
  });
  on("paste", (event) => void take(event.clipboardData).then(onTaken));
}

/**
 * In every other view too: photos become the current ones, and a drop never replaces the page.
 *
 * @param show told before photos are added, to bring them in sight.
 */
export function takeElsewhere(app: App, elsewhere: () => boolean, show: () => void): void {
  const add = async (data: DataTransfer | null): Promise<void> => {
    if (!elsewhere()) return;
    const { files } = await take(data);
    if (files.length === 0) return;
    show();
    await addAndSay(app, files);
  };
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    void add(event.dataTransfer);
  });
  document.addEventListener("paste", (event) => void add(event.clipboardData));
}
