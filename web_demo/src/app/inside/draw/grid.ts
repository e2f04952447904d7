/** All maps of a layer, small; one of them is chosen, as among radio buttons. */

import type { Tensor } from "../../../engine/inside";
import { h } from "../../shell/dom";
import { channelRange, channelsOf, rangeOf } from "../arithmetic/statistics";
import type { Scheme } from "./colors";
import { mapImage } from "./maps";

/** More are drawn only when they are asked for. */
const FIRST = 64;

export interface GridWords {
  readonly label: string;
  /** Of one map, with its least and largest value. */
  name(channel: number, least: number, most: number): string;
  more(count: number): string;
}

export class MapGrid {
  readonly element = h("div", {});
  private readonly group: HTMLElement;
  private readonly radios: HTMLElement[] = [];
  private chosen = 0;
  private oneScale = false;

  constructor(
    private readonly tensor: Tensor,
    private readonly colors: Scheme,
    private readonly words: GridWords,
    private readonly onChoose: (channel: number) => void,
  ) {
    const keydown = (event: KeyboardEvent): void => this.key(event);
    this.group = h("div", {
      class: "maps",
      role: "radiogroup",
      "aria-label": words.label,
      on: { keydown },
    });
    this.element.append(this.group);
    this.add(Math.min(FIRST, channelsOf(tensor)));
    const left = channelsOf(tensor) - FIRST;
    if (left > 0) this.element.append(this.moreButton());
  }

  /** Draws all that are there, each on its own scale or all on one. */
  draw(oneScale = this.oneScale): this {
    this.oneScale = oneScale;
    const limit = oneScale ? rangeOf(this.tensor.data).limit : undefined;
    this.radios.forEach((radio, channel) => {
      const canvas = radio.querySelector("canvas");
      if (canvas !== null) mapImage(this.tensor, channel, this.colors, limit, canvas);
    });
    return this;
  }

  /** Marks a map as chosen, without telling. */
  choose(channel: number): this {
    if (channel >= this.radios.length) this.addAll();
    this.mark(this.chosen, false);
    this.chosen = channel;
    this.mark(channel, true);
    return this;
  }

  private add(count: number): void {
    for (let channel = this.radios.length; channel < count; channel++) {
      const { least, most } = channelRange(this.tensor, channel);
      const radio = h(
        "button",
        {
          type: "button",
          role: "radio",
          "aria-checked": "false",
          "aria-label": this.words.name(channel, least, most),
          tabindex: -1,
          on: { click: () => this.pick(channel) },
        },
        h("canvas", { "aria-hidden": "true" }),
        h("span", { text: String(channel), "aria-hidden": "true" }),
      );
      this.radios.push(radio);
      this.group.append(radio);
    }
  }

  private addAll(): void {
    this.add(channelsOf(this.tensor));
    this.element.querySelector(".more")?.remove();
    this.draw();
  }

  private moreButton(): HTMLElement {
    const click = (): void => {
      const first = this.radios.length;
      this.addAll();
      this.radios[first]?.focus();
    };
    const text = this.words.more(channelsOf(this.tensor));
    return h("button", { class: "button quiet small more", type: "button", text, on: { click } });
  }

  private mark(channel: number, chosen: boolean): void {
    this.radios[channel]?.setAttribute("aria-checked", String(chosen));
    this.radios[channel]?.setAttribute("tabindex", chosen ? "0" : "-1");
  }

  private pick(channel: number): void {
    this.choose(channel);
    this.onChoose(channel);
  }

  private key(event: KeyboardEvent): void {
    const columns = this.columns();
    const steps: Readonly<Record<string, number>> = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -columns,
      ArrowDown: columns,
      Home: -this.chosen,
      End: this.radios.length - 1 - this.chosen,
    };
    const step = steps[event.key];
    if (step === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const next = this.chosen + step;
    if (next < 0 || next >= this.radios.length) return;
    this.pick(next);
    this.radios[next]?.focus();
  }

  /** How many stand in the first line. */
  private columns(): number {
    const top = this.radios[0]?.offsetTop;
    const second = this.radios.findIndex((radio) => radio.offsetTop !== top);
    return second < 0 ? this.radios.length : second;
  }
}
