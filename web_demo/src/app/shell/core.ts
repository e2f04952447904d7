/** The page at work: the engine that passed, the photos, and who wants to know when they change. */

import type { Choice, Engine } from "../../engine/engine";
import { Photos, type Prepared } from "../../engine/photos";
import { type Failure, NoEngineError, type Started, startVerified, wantedFirst } from "../../engine/start";
import type { Verification } from "../../engine/verify";
import type { Page } from "../../page";
import { RuntimeError } from "../../runtimes/runtime";
import type { App, Shown, Status } from "./app";
import { offlineOr } from "./errors";
import { Gallery } from "./gallery";
import { thumbnail } from "./pictures";

/** Failures as they are shown: what cannot be had for want of a network says so. */
const shown = (failures: readonly Failure[]): readonly Failure[] => failures.map(offlineOr);

export class Core implements App {
  readonly gallery: Gallery;
  photos: Photos;
  status: Status = { stage: "loading", choice: null, done: 0, total: 0 };
  failures: readonly Failure[] = [];
  private started: Started | null = null;
  private starting: Promise<void> = Promise.resolve();
  private readonly engineListeners = new Set<() => void>();
  private readonly statusListeners = new Set<() => void>();

  constructor(
    readonly page: Page,
    private readonly live: HTMLElement,
  ) {
    this.photos = Photos.start(page.base, page.preprocessing, page.max_pixels);
    this.gallery = new Gallery({
      prepare: (file) => this.prepare(file),
      answer: (tensor) => this.answer(tensor),
      ready: () => this.status.stage === "ready" && this.started !== null,
      thumbnail,
    });
  }

  get engine(): Engine {
    return this.passed().engine;
  }

  get verification(): Verification {
    return this.passed().verification;
  }

  current(): Shown | null {
    return this.gallery.current();
  }

  onCurrent(listener: () => void): () => void {
    return this.gallery.onCurrent(listener);
  }

  add(files: Iterable<Blob>): Promise<void> {
    return this.gallery.add(files);
  }

  /** One after another, for each closes the engine before it. */
  select(choice?: Choice): Promise<void> {
    const next = this.starting.then(() => this.start(choice));
    this.starting = next;
    return next;
  }

  onEngine(listener: () => void): () => void {
    this.engineListeners.add(listener);
    return () => void this.engineListeners.delete(listener);
  }

  onStatus(listener: () => void): () => void {
    this.statusListeners.add(listener);
    return () => void this.statusListeners.delete(listener);
  }

  announce(text: string): void {
    // The same text twice would not be a change, and so not be spoken.
    this.live.textContent = this.live.textContent === text ? `${text}\u00a0` : text;
  }

  private async start(choice?: Choice): Promise<void> {
    const error = await this.open(choice);
    // What passed before is still at work; only where there is nothing, nothing is answered.
    if (this.started === null) {
      this.become({ stage: "failed", error });
      return this.gallery.refuse();
    }
    this.become({ stage: "ready" });
    for (const listener of [...this.engineListeners]) listener();
    this.gallery.resume();
  }

  /** Gives back what was thrown, if nothing passed. */
  private async open(choice?: Choice): Promise<unknown> {
    let over = false;
    try {
      // A download that was given up may still report.
      const candidates = wantedFirst(this.page, choice);
      const started = await startVerified(this.page, this.photos, candidates, (stage, tried, done, total) => {
        if (!over) this.become({ stage, choice: tried, done, total });
      });
      this.started?.engine.close();
      this.started = started;
      this.failures = shown(started.failures);
      return null;
    } catch (thrown) {
      this.failures = thrown instanceof NoEngineError ? shown(thrown.failures) : [];
      return thrown;
    } finally {
      over = true;
    }
  }

  private become(status: Status): void {
    this.status = status;
    for (const listener of [...this.statusListeners]) listener();
  }

  private passed(): Started {
    if (this.started === null) throw new RuntimeError("input", "no engine has passed the self-test");
    return this.started;
  }

  private async prepare(file: Blob): Promise<Prepared> {
    try {
      return await this.photos.prepare(file);
    } catch (thrown) {
      // The worker is gone, for want of memory perhaps: this photo fails, the next finds a new one.
      if (thrown instanceof RuntimeError && thrown.kind === "runtime") this.renewPhotos();
      throw thrown;
    }
  }

  private renewPhotos(): void {
    this.photos.close();
    this.photos = Photos.start(this.page.base, this.page.preprocessing, this.page.max_pixels);
  }

  private async answer(tensor: Uint8Array): Promise<NonNullable<Shown["answer"]>> {
    const { engine } = this;
    try {
      return await engine.run(tensor, 1);
    } catch (thrown) {
      // Another was chosen meanwhile: it answers instead.
      if (this.started !== null && this.started.engine !== engine) return this.answer(tensor);
      this.reopen(engine);
      throw thrown;
    }
  }

  /** An engine that stopped is opened, and verified, again; until then nothing is answered. */
  private reopen(engine: Engine): void {
    this.started = null;
    engine.close();
    this.become({ stage: "loading", choice: engine.choice, done: 0, total: 0 });
    void this.select(engine.choice);
  }
}
