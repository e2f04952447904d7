/** What the sessions of all runtimes share: checks, batches of any size, one task at a time. */

import { type Memory, RuntimeError, type Session, type Shape } from "./runtime";

/** Runs tasks one after another. */
export class Turns {
  private last: Promise<unknown> = Promise.resolve();

  take<T>(task: () => Promise<T>): Promise<T> {
    const result = this.last.then(task);
    this.last = result.catch(() => undefined);
    return result;
  }
}

/** What a session knows of its artifact. */
export interface About {
  readonly backend: string;
  readonly shape: Shape;
  readonly classes: number;
  readonly labels: readonly string[] | null;
}

export abstract class BatchSession implements Session {
  readonly backend: string;
  readonly shape: Shape;
  readonly classes: number;
  readonly labels: readonly string[] | null;
  private open = true;

  /**
   * @param largest images that are answered at once; feature maps are many times as large as the images.
   * @param turns shared by sessions that must not run at the same time.
   */
  constructor(
    about: About,
    private readonly largest: number,
    protected readonly turns: Turns,
  ) {
    this.backend = about.backend;
    this.shape = about.shape;
    this.classes = about.classes;
    this.labels = about.labels;
  }

  async run(images: Float32Array, count: number): Promise<Float32Array> {
    const size = this.check(images, count);
    const answers = new Float32Array(count * this.classes);
    for (let start = 0; start < count; start += this.largest) {
      const end = Math.min(count, start + this.largest);
      const batch = images.subarray(start * size, end * size);
      const answered = await this.turns.take(() => this.answerIfOpen(batch, end - start));
      answers.set(answered, start * this.classes);
    }
    return answers;
  }

  abstract memory(): Memory;

  close(): void {
    if (this.open) this.free();
    this.open = false;
  }

  /** Probabilities of a few images, row by row. */
  protected abstract answer(images: Float32Array, count: number): Promise<Float32Array>;

  protected abstract free(): void;

  private async answerIfOpen(images: Float32Array, count: number): Promise<Float32Array> {
    this.checkOpen();
    const answered = await this.answer(images, count);
    if (answered.length !== count * this.classes) {
      throw new RuntimeError(
        "runtime",
        `${answered.length} numbers for ${count} images of ${this.classes} classes`,
      );
    }
    return answered;
  }

  private checkOpen(): void {
    if (!this.open) throw new RuntimeError("runtime", "the session is closed");
  }

  /** Values of one image. */
  private check(images: Float32Array, count: number): number {
    this.checkOpen();
    const size = this.shape.reduce((product, length) => product * length, 1);
    if (!Number.isInteger(count) || count < 1 || images.length !== count * size) {
      const wanted = `(${count}, ${this.shape.join(", ")})`;
      throw new RuntimeError(
        "input",
        `the model takes ${wanted} = ${count * size} values, got ${images.length}`,
      );
    }
    return size;
  }
}
