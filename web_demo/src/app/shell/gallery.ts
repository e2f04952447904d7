/** The visitor's photos: prepared one after another, answered as soon as the self-test has passed. */

import type { Prepared } from "../../engine/photos";
import type { Shown } from "./app";

/** waiting -> working -> prepared -> done, or failed on the way. */
export type State = "waiting" | "working" | "prepared" | "done" | "failed";

export interface Item {
  readonly id: number;
  readonly name: string;
  readonly file: Blob;
  state: State;
  prepared: Prepared | null;
  /** A small picture for its card; it stays when the preview was let go. */
  thumb: HTMLCanvasElement | null;
  answer: Shown["answer"];
  error: unknown;
}

/** What the gallery asks of the page. */
export interface Work {
  prepare(file: Blob): Promise<Prepared>;
  answer(tensor: Uint8Array): Promise<NonNullable<Shown["answer"]>>;
  /** Whether answers may be given: only after a self-test that passed. */
  ready(): boolean;
  thumbnail(preview: ImageBitmap): HTMLCanvasElement | null;
}

/** Told which photo changed; null when photos came or went. */
export type Listener = (item: Item | null) => void;

/** Photos kept at once. A thumbnail takes some 100 kB. */
export const MOST_PHOTOS = 1000;
/** Previews kept at once, of up to 1.6 MB each; others are made again from their files when they are wanted. */
export const MOST_PREVIEWS = 8;

export class Gallery {
  readonly items: Item[] = [];
  /** The photo that was chosen last, whatever its state. */
  selected: Item | null = null;
  private shown: Shown | null = null;
  private ids = 0;
  private preparing = false;
  private answering = false;
  /** No engine passed: what is prepared stays without an answer. */
  private refused = false;
  /** Whether the selection may move on from a photo that failed: not once the visitor has chosen. */
  private follow = false;
  private readonly previews: Item[] = [];
  private readonly waiters = new Map<Item, () => void>();
  private readonly listeners = new Set<Listener>();
  private readonly currentListeners = new Set<() => void>();

  constructor(private readonly work: Work) {}

  /** The photo of all views: the selected one, or the last that was prepared before it. */
  current(): Shown | null {
    return this.shown;
  }

  on(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  onCurrent(listener: () => void): () => void {
    this.currentListeners.add(listener);
    return () => void this.currentListeners.delete(listener);
  }

  room(): number {
    return MOST_PHOTOS - this.items.length;
  }

  /** Takes as many as there is room for; resolves when each has an answer or an error, or cannot have one. */
  async add(files: Iterable<Blob>): Promise<void> {
    const added = [...files].slice(0, this.room()).map((file) => this.item(file));
    if (added.length === 0) return;
    const settled = added.map((item) => new Promise<void>((resolve) => this.waiters.set(item, resolve)));
    this.items.push(...added);
    this.follow = true;
    this.selected = added[0] ?? null;
    this.tell(null);
    void this.prepareAll();
    await Promise.all(settled);
  }

  select(id: number): void {
    const item = this.items.find((one) => one.id === id);
    if (item === undefined || item === this.selected) return;
    const before = this.selected;
    this.selected = item;
    this.follow = false;
    if (item.prepared !== null) void this.freshen(item);
    if (before !== null) this.tell(before);
    this.tell(item);
  }

  /** Takes one away; if it was chosen, the next is, or the last. */
  remove(id: number): void {
    const at = this.items.findIndex((one) => one.id === id);
    const [item] = at < 0 ? [] : this.items.splice(at, 1);
    if (item === undefined) return;
    if (this.items.length === 0) this.clear();
    this.settle(item);
    const preview = this.previews.indexOf(item);
    if (preview >= 0) this.previews.splice(preview, 1);
    if (this.selected === item) {
      this.selected = this.items[at] ?? this.items[at - 1] ?? null;
      if (this.selected?.prepared != null) void this.freshen(this.selected);
    }
    const shown = this.shown?.id === id;
    if (shown) this.shown = null;
    this.tell(null);
    // Only now: nobody draws it any more.
    item.prepared?.preview?.close();
    if (shown && this.shown === null) for (const listener of [...this.currentListeners]) listener();
  }

  clear(): void {
    for (const item of this.items) {
      item.prepared?.preview?.close();
      this.settle(item);
    }
    this.items.length = 0;
    this.previews.length = 0;
    this.selected = null;
    this.shown = null;
    this.tell(null);
    for (const listener of [...this.currentListeners]) listener();
  }

  /** Goes on after the self-test: answers what waits and, where the engine changed, all others again. */
  resume(): void {
    this.refused = false;
    for (const item of this.items) if (item.state === "done") item.state = "prepared";
    void this.answerAll();
  }

  /** Nothing passed: who waits for answers waits no longer. */
  refuse(): void {
    this.refused = true;
    for (const item of this.items) if (item.state === "prepared") this.settle(item);
    this.tell(null);
  }

  private item(file: Blob): Item {
    const name = file instanceof File && file.name !== "" ? file.name : `photo ${this.ids + 1}`;
    const empty = { prepared: null, thumb: null, answer: null, error: null };
    return { id: ++this.ids, name, file, state: "waiting", ...empty };
  }

  private async prepareAll(): Promise<void> {
    if (this.preparing) return;
    this.preparing = true;
    for (let item; (item = this.items.find(({ state }) => state === "waiting")) !== undefined;) {
      item.state = "working";
      this.tell(item);
      await this.prepare(item);
    }
    this.preparing = false;
  }

  private async prepare(item: Item): Promise<void> {
    try {
      const prepared = await this.work.prepare(item.file);
      if (!this.items.includes(item)) return prepared.preview?.close();
      item.prepared = prepared;
      item.thumb = prepared.preview && this.work.thumbnail(prepared.preview);
      item.state = "prepared";
      this.keepPreview(item);
      if (this.refused) this.settle(item);
    } catch (thrown) {
      this.fail(item, thrown);
    }
    this.tell(item);
    void this.answerAll();
  }

  private async answerAll(): Promise<void> {
    if (this.answering) return;
    this.answering = true;
    for (let item; this.work.ready() && (item = this.items.find(({ state }) => state === "prepared"));) {
      await this.answer(item);
      this.tell(item);
    }
    this.answering = false;
  }

  private async answer(item: Item): Promise<void> {
    if (item.prepared === null) return this.fail(item, null);
    try {
      item.answer = await this.work.answer(item.prepared.tensor);
      item.state = "done";
      this.settle(item);
    } catch (thrown) {
      this.fail(item, thrown);
    }
  }

  private fail(item: Item, error: unknown): void {
    item.state = "failed";
    item.error = error;
    this.settle(item);
    if (this.follow && this.selected === item) {
      this.selected = this.items.find((other) => other.id > item.id && other.state !== "failed") ?? item;
      if (this.selected !== item) this.tell(this.selected);
    }
  }

  private settle(item: Item): void {
    this.waiters.get(item)?.();
    this.waiters.delete(item);
  }

  /** Makes the preview again, if it was let go. */
  private async freshen(item: Item): Promise<void> {
    if (item.prepared === null || item.prepared.preview !== null) return this.keepPreview(item);
    const again = await this.work.prepare(item.file).catch(() => null);
    const wanted = this.items.includes(item) && item.prepared !== null;
    if (!wanted || again === null) return again?.preview?.close();
    item.prepared = { ...item.prepared, preview: again.preview } as Prepared;
    this.keepPreview(item);
    this.tell(item);
  }

  private keepPreview(item: Item): void {
    const at = this.previews.indexOf(item);
    if (at >= 0) this.previews.splice(at, 1);
    this.previews.push(item);
    while (this.previews.length > MOST_PREVIEWS) {
      const old = this.previews.findIndex((one) => one !== this.selected && one.id !== this.shown?.id);
      const [gone] = this.previews.splice(old, 1);
      if (gone?.prepared?.preview == null) continue;
      gone.prepared.preview.close();
      gone.prepared = { ...gone.prepared, preview: null };
    }
  }

  private tell(item: Item | null): void {
    const changed = this.refresh();
    for (const listener of [...this.listeners]) listener(item);
    if (changed) for (const listener of [...this.currentListeners]) listener();
  }

  /** Makes `shown` what is selected, if that is prepared; says whether it became another. */
  private refresh(): boolean {
    const item = this.selected;
    if (item?.prepared == null) return false;
    const { id, name, file, prepared, answer } = item;
    const same = this.shown?.id === id && this.shown.prepared === prepared && this.shown.answer === answer;
    if (!same) this.shown = { id, name, file, prepared, answer };
    return !same;
  }
}
