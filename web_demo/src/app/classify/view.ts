/** The first view: photos in, answers out. */

import type { App } from "../shell/app";
import { h } from "../shell/dom";
import { type Item, MOST_PHOTOS } from "../shell/gallery";
import { language, say } from "../shell/i18n";
import { failedCard } from "../shell/problems";
import { titles } from "../shell/titles";
import type { View } from "../shell/view";
import { addAndSay } from "./announce";
import { photoPanel } from "./answer";
import type { Camera, Say } from "./camera";
import { cards } from "./cards";
import { dropZone } from "./drop";
import { samples } from "./samples";
import type { Taken } from "./take";
import { words } from "./words";

/** Labels that the first line names. */
const MOST_NAMED = 6;

let room: Room | null = null;
let ends: (() => void)[] = [];

export const view: View = {
  id: "classify",
  title: () => titles().get("classify") ?? "",
  mount(root, app) {
    // What went on before, in another language.
    const before = room;
    room = new Room(app);
    ends = mountOn(root, app, room);
    if (before !== null) room.goOn(before);
  },
  unmount(again) {
    for (const end of ends.splice(0)) end();
    if (again) return;
    room?.end();
    room = null;
  },
};

function mountOn(root: HTMLElement, app: App, room: Room): (() => void)[] {
  const text = say(words);
  const zone = dropZone(app, (taken) => room.take(taken));
  const all = cards(app);
  root.append(
    h("p", { class: "lead", text: text.lead(joined(app.page.labels)) }),
    zone.element,
    h("div", { class: "row under" }, room.cameraButton, h("p", { class: "muted", text: text.private })),
    room.notice,
    room.place,
    all.element,
    samples(app),
  );
  const refresh = (item: Item | null): void => {
    all.refresh(item);
    zone.refresh();
    if (item === null || item === app.gallery.selected) room.draw();
  };
  room.draw();
  return [app.gallery.on(refresh), app.onStatus(() => refreshStage(app, () => refresh(null))), zone.end];
}

let stage = "";

/** Progress of a download changes nothing here. */
function refreshStage(app: App, refresh: () => void): void {
  if (stage === app.status.stage) return;
  stage = app.status.stage;
  refresh();
}

/** "cats and dogs"; of many labels, the first and how many more. */
function joined(labels: readonly string[]): string {
  const some = labels.length > MOST_NAMED ? labels.slice(0, MOST_NAMED) : labels;
  const rest = labels.length - some.length;
  const names = rest === 0 ? some : [...some, say(words).others(rest)];
  return new Intl.ListFormat(language(), { type: "conjunction" }).format(names);
}

/** What is between the drop zone and the grid: the current photo, or the camera, or why there is neither. */
class Room {
  readonly notice = h("p", { class: "notice", hidden: true });
  readonly place = h("div", {});
  readonly cameraButton: HTMLElement;
  private camera: Camera | null = null;
  /** What the notice says, in the language that is spoken. */
  private told: Say | null = null;

  constructor(private readonly app: App) {
    const click = (): void => void this.startCamera();
    this.cameraButton = h("button", {
      class: "button quiet",
      type: "button",
      text: say(words).camera,
      on: { click },
    });
  }

  draw(): void {
    const { selected } = this.app.gallery;
    if (this.camera !== null) return;
    const failed = this.app.status.stage === "failed" ? [failedCard(this.app)] : [];
    this.place.replaceChildren(...failed, ...(selected === null ? [] : [photoPanel(this.app, selected)]));
  }

  /** Photos that came in whatever way. */
  take({ files, emptyFolders, address }: Taken): void {
    const left = files.length - this.app.gallery.room();
    this.tell(() => {
      const text = say(words);
      const notes = emptyFolders.map(text.emptyFolder);
      if (address) notes.push(text.address);
      else if (files.length === 0 && notes.length === 0) notes.push(text.noFiles);
      if (left > 0) notes.push(text.tooMany(left, MOST_PHOTOS.toLocaleString(language())));
      return notes.join(" ");
    });
    if (files.length === 0) return;
    this.camera?.stop();
    void addAndSay(this.app, files);
  }

  end(): void {
    this.camera?.stop();
  }

  /** Takes over from a room in another language: its notice, and its camera without a break. */
  goOn({ told, camera }: Room): void {
    if (told !== null) this.tell(told);
    if (camera === null) return;
    this.cameraButton.hidden = true;
    this.camera = camera;
    this.place.replaceChildren(camera.element);
    camera.goOn((why) => this.cameraEnded(why));
  }

  /** Its code comes with the first use. */
  private async startCamera(): Promise<void> {
    this.tell(null);
    this.cameraButton.hidden = true;
    const { Camera } = await import("./camera");
    if (!this.place.isConnected) return;
    this.camera = new Camera(this.app, (why) => this.cameraEnded(why));
    this.place.replaceChildren(this.camera.element);
    await this.camera.start();
  }

  private cameraEnded(why: Say | null): void {
    this.camera = null;
    this.cameraButton.hidden = false;
    this.draw();
    if (why !== null) this.tell(why);
    if (document.activeElement === document.body) this.cameraButton.focus({ preventScroll: true });
  }

  private tell(told: Say | null): void {
    const text = told?.() ?? "";
    this.told = told;
    this.notice.textContent = text;
    this.notice.hidden = text === "";
    if (text !== "") this.app.announce(text);
  }
}
