/** A canvas that has as many pixels as the screen has where it is shown, and is drawn again when that changes. */

import { h } from "../../shell/dom";

export interface Surface {
  readonly context: CanvasRenderingContext2D;
  /** In device pixels, as all that is drawn. */
  readonly width: number;
  readonly height: number;
  /** Device pixels for one CSS pixel. */
  readonly ratio: number;
}

export class Sharp {
  readonly canvas = h("canvas", { role: "img" });
  private asked = 0;

  constructor(private readonly paint: (surface: Surface) => void) {
    // It watches no longer than the canvas lives.
    new ResizeObserver(() => this.redraw()).observe(this.canvas);
  }

  /** Draws before the next frame, once however often it is called. */
  redraw(): void {
    if (this.asked !== 0) return;
    this.asked = requestAnimationFrame(() => {
      this.asked = 0;
      if (this.canvas.isConnected) this.draw();
    });
  }

  describe(label: string): void {
    this.canvas.setAttribute("aria-label", label);
  }

  private draw(): void {
    const { canvas } = this;
    const ratio = devicePixelRatio;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((side) => Math.round(side * ratio));
    const context = canvas.getContext("2d");
    if (context === null || !width || !height) return;
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    context.clearRect(0, 0, width, height);
    this.paint({ context, width, height, ratio });
  }
}

export interface Hands {
  /** Pressed or dragged to, as shares of the width and of the height. */
  onPoint(x: number, y: number): void;
  /** An arrow key: so many cells right and down. */
  onStep(right: number, down: number): void;
  /** The mouse is above it; null when it has gone. */
  onHover?(place: readonly [x: number, y: number] | null): void;
}

const ARROWS: Readonly<Record<string, readonly [right: number, down: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
const STRIDE = 8;

/** Makes a canvas something that one points at: by mouse, finger and arrow keys, with Shift in longer steps. */
export function interactive(canvas: HTMLCanvasElement, { onPoint, onStep, onHover }: Hands): void {
  canvas.tabIndex = 0;
  // The keys are meant for the canvas: a screen reader shall not take them for reading on.
  canvas.setAttribute("role", "application");
  canvas.classList.add("live");
  const place = ({ clientX, clientY }: PointerEvent): [number, number] => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const within = (share: number): number => Math.min(0.999999, Math.max(0, share));
    return [within((clientX - left) / width), within((clientY - top) / height)];
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    onPoint(...place(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.buttons & 1) onPoint(...place(event));
    else if (event.pointerType === "mouse") onHover?.(place(event));
  });
  canvas.addEventListener("pointerleave", () => onHover?.(null));
  canvas.addEventListener("keydown", (event) => {
    const arrow = ARROWS[event.key];
    if (arrow === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const [right, down] = arrow.map((one) => one * (event.shiftKey ? STRIDE : 1));
    onStep(right!, down!);
  });
}
