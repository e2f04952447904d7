/** Plays a window over all places, row by row; it never starts by itself. */

import { h } from "../../shell/dom";
import { say } from "../../shell/i18n";
import { selectField } from "../draw/fields";
import { words } from "../words";
import type { Memory } from "../memory";
import type { Place } from "./parts";

const PAUSES = { slow: 1000, normal: 250, fast: 40 } as const;
type Speed = keyof typeof PAUSES;

/** In the memory: how fast a player was that its step took with it. */
export const PLAYING = "playing";

export class Player {
  readonly element: HTMLElement;
  private readonly button: HTMLButtonElement;
  private timer: ReturnType<typeof setInterval> | null = null;
  private speed: Speed = "normal";
  /** Where it left the place: if that was moved since, all is shown again. */
  private left = -1;

  /** @param onShow told how many cells have been computed so far; null for all. */
  constructor(
    private readonly place: Place,
    private readonly memory: Memory,
    private readonly onShow: (shown: number | null) => void,
  ) {
    const { one, speed, speeds } = say(words).convolution;
    this.button = h("button", { class: "button small", type: "button", on: { click: () => this.toggle() } });
    const step = h("button", {
      class: "button quiet small",
      type: "button",
      text: one,
      on: { click: () => this.step() },
    });
    this.speed = memory.get<Speed | null>(PLAYING, null) ?? this.speed;
    const options = Object.entries(speeds) as [Speed, string][];
    const choice = selectField(speed, options, this.speed, (chosen) => this.setSpeed(chosen));
    choice.classList.add("beside");
    this.element = h("div", { class: "row player" }, this.button, step, choice);
    this.label();
  }

  /** Goes on if the step was drawn anew while it played: in another language, say, or in other colors. */
  resume(): void {
    const speed = this.memory.get<Speed | null>(PLAYING, null);
    if (speed !== null) this.start();
  }

  end(): void {
    this.memory.set(PLAYING, this.timer === null ? null : this.speed);
    this.stop();
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    this.label();
  }

  /** All is shown once the place is moved by hand. */
  moved(): void {
    if (this.timer === null && this.place.index !== this.left) this.onShow(null);
  }

  private toggle(): void {
    if (this.timer !== null) return this.stop();
    if (this.place.index === this.place.cells - 1) this.go(0);
    this.start();
  }

  private start(): void {
    this.timer = setInterval(() => this.advance(), PAUSES[this.speed]);
    this.label();
  }

  private setSpeed(speed: Speed): void {
    this.speed = speed;
    if (this.timer === null) return;
    clearInterval(this.timer);
    this.start();
  }

  private step(): void {
    this.stop();
    this.go((this.place.index + 1) % this.place.cells);
  }

  private advance(): void {
    if (this.place.index === this.place.cells - 1) return this.stop();
    this.go(this.place.index + 1);
  }

  private go(index: number): void {
    this.left = index;
    this.place.index = index;
    this.onShow(index + 1);
  }

  private label(): void {
    const { play, pause } = say(words).convolution;
    this.button.textContent = this.timer === null ? play : pause;
  }
}
