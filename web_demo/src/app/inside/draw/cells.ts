/** Numbers in a grid: a real table, its cells in the colors of their numbers. */

import { h } from "../../shell/dom";
import { css, ink, type Rgb } from "./colors";

export type Note = "padded" | "chosen";

export class Cells {
  readonly element: HTMLTableElement;
  private readonly cells: HTMLTableCellElement[];

  constructor(rows: number, columns: number, caption: string) {
    const cells = Array.from({ length: rows * columns }, () => h("td", {}));
    const lines = Array.from({ length: rows }, (_, row) =>
      h("tr", {}, ...cells.slice(row * columns, (row + 1) * columns)),
    );
    this.cells = cells;
    this.element = h("table", { class: "cells" }, h("caption", { text: caption }), h("tbody", {}, ...lines));
  }

  /**
   * @param lines the numbers of a cell, one below the other.
   * @param color null for the paper's.
   */
  set(i: number, lines: readonly string[], color: Rgb | null, note: Note | null = null): void {
    const cell = this.cells[i];
    if (cell === undefined) return;
    if (cell.childElementCount !== lines.length) cell.replaceChildren(...lines.map(() => h("span", {})));
    lines.forEach((text, at) => {
      const span = cell.children[at];
      if (span !== undefined && span.textContent !== text) span.textContent = text;
    });
    cell.style.backgroundColor = color === null ? "" : css(color);
    cell.style.color = color === null ? "" : ink(color);
    cell.className = note ?? "";
  }

  caption(text: string): void {
    const { caption } = this.element;
    if (caption !== null) caption.textContent = text;
  }

  /** Calls back with the number of the cell that is pressed. */
  onPress(listener: (i: number) => void): void {
    this.element.classList.add("live");
    this.element.addEventListener("click", ({ target }) => {
      const i = this.cells.findIndex((cell) => target instanceof Node && cell.contains(target));
      if (i >= 0) listener(i);
    });
  }
}
