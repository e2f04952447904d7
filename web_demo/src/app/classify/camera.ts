/** The camera, live: every frame goes the way of a photo, and is forgotten. */

import type { App } from "../shell/app";
import { decimal, h } from "../shell/dom";
import { sentence } from "../shell/errors";
import { say } from "../shell/i18n";
import { addAndSay } from "./announce";
import { answerParts, seenFigure, stateText, timesLine } from "./answer";
import { verdictOf } from "./verdict";
import { CameraError, cameras, closeStream, Meter, nextCamera, openCamera } from "./stream";
import { words } from "./words";

/** A sentence, in the language that is spoken when it is read. */
export type Say = () => string;

/** A screen reader hears another label at most this often. */
const SPEAK_MS = 3000;

export class Camera {
  readonly element = h("div", { class: "stage" });
  private readonly video = h("video", { playsinline: true, autoplay: true });
  private readonly result = h("section", { class: "card result live" });
  private readonly controls = h("div", { class: "row" });
  private stream: MediaStream | null = null;
  private all: string[] = [];
  private stills = 0;
  private spoken = { label: "", at: 0 };

  /** @param onEnd told when it has stopped, with a sentence where that was not wished. */
  constructor(
    private readonly app: App,
    private onEnd: (why: Say | null) => void,
  ) {
    this.video.muted = true;
    this.element.append(h("figure", { class: "photo" }, this.video, this.controls), this.result);
  }

  async start(device?: string): Promise<void> {
    this.ask();
    try {
      const stream = await openCamera(device);
      if (!this.element.isConnected) return closeStream(stream);
      this.stream = stream;
      this.video.srcObject = stream;
      await this.video.play();
      this.all = await cameras();
    } catch (thrown) {
      // Stopped while it was starting: nobody waits for it.
      if (this.stream === null && !this.element.isConnected) return;
      const trouble = thrown instanceof CameraError ? thrown.trouble : "other";
      return this.stop(() => say(words).cameraErrors[trouble]);
    }
    this.drawControls();
    this.controls.querySelector("button")?.focus({ preventScroll: true });
    document.addEventListener("visibilitychange", this.hide);
    this.stream.getVideoTracks()[0]?.addEventListener("ended", this.ended);
    void this.loop(this.stream);
  }

  /** Goes on on another screen, in another language. */
  goOn(onEnd: (why: Say | null) => void): void {
    this.onEnd = onEnd;
    if (this.stream === null) return this.ask();
    this.drawControls();
    // A video that is moved within the page is paused by that.
    void this.video.play().catch(() => undefined);
  }

  stop(why: Say | null = null): void {
    document.removeEventListener("visibilitychange", this.hide);
    closeStream(this.stream);
    this.stream = null;
    this.video.srcObject = null;
    this.onEnd(why);
  }

  private readonly hide = (): void => {
    if (document.hidden) this.stop(() => say(words).hidden);
  };

  private readonly ended = (): void => this.stop(() => say(words).cameraErrors.ended);

  private ask(): void {
    this.result.replaceChildren(h("p", { class: "muted busy", text: say(words).asking }));
  }

  private drawControls(): void {
    const text = say(words);
    const button = (label: string, click: () => void, quiet = true): HTMLElement =>
      h("button", { class: quiet ? "button quiet" : "button", type: "button", text: label, on: { click } });
    this.controls.replaceChildren(
      button(text.still, () => void this.take(), false),
      ...(this.all.length > 1 ? [button(text.turn, () => void this.turn())] : []),
      button(text.stop, () => this.stop()),
    );
  }

  private async turn(): Promise<void> {
    const next = nextCamera(this.all, this.stream);
    closeStream(this.stream);
    this.stream = null;
    await this.start(next);
  }

  /** The frame as a PNG: from here on it is a photo as any other. */
  private async take(): Promise<void> {
    const { videoWidth: width, videoHeight: height } = this.video;
    const canvas = h("canvas", { width, height });
    canvas.getContext("2d")?.drawImage(this.video, 0, 0);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
    if (blob === null) return;
    const name = `${say(words).stillName}-${++this.stills}.png`;
    this.stop();
    await addAndSay(this.app, [new File([blob], name, { type: "image/png" })]);
  }

  private async loop(stream: MediaStream): Promise<void> {
    const meter = new Meter();
    while (this.stream === stream) {
      await this.nextFrame();
      if (this.stream !== stream) return;
      try {
        if (this.app.status.stage === "ready") await this.answer(meter, stream);
        else this.wait();
      } catch (thrown) {
        if (this.stream === stream && this.app.status.stage === "ready") this.stop(() => sentence(thrown));
      }
    }
  }

  /** One answer for one frame; where answers take longer than frames, frames are left out. */
  private nextFrame(): Promise<unknown> {
    const { video } = this;
    const late = new Promise((resolve) => setTimeout(resolve, 500));
    const frame = new Promise((resolve) =>
      "requestVideoFrameCallback" in video
        ? video.requestVideoFrameCallback(resolve)
        : requestAnimationFrame(resolve),
    );
    return Promise.race([frame, late]);
  }

  private async answer(meter: Meter, stream: MediaStream): Promise<void> {
    const { photos, engine, page } = this.app;
    const prepared = await photos.frame(await createImageBitmap(this.video));
    const { probabilities, ms } = await engine.run(prepared.tensor, 1);
    if (this.stream !== stream) return;
    const rate = meter.tick(performance.now());
    const text = say(words);
    this.result.replaceChildren(
      h(
        "p",
        { class: "row" },
        h("span", { class: "chip", text: text.live }),
        rate !== null && h("span", { class: "muted fps", text: text.fps(decimal(rate, 1)) }),
      ),
      ...answerParts(probabilities, page),
      timesLine({ decode: null, resize: prepared.ms.resize, model: ms }),
      seenFigure(prepared.tensor, page.preprocessing),
    );
    this.speak(verdictOf(page, probabilities).text);
  }

  private wait(): void {
    const text = stateText(this.app, { state: "prepared" });
    const failed = this.app.status.stage === "failed";
    this.result.replaceChildren(h("p", { class: failed ? "bad" : "muted busy", text }));
  }

  private speak(label: string): void {
    const now = performance.now();
    if (label === this.spoken.label || now - this.spoken.at < SPEAK_MS) return;
    this.spoken = { label, at: now };
    this.app.announce(label);
  }
}
