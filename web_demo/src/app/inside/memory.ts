/** What the visitor has chosen: it stays from step to step, and from photo to photo. */

import type { Tensor } from "../../engine/inside";
import { liveliest } from "./arithmetic/statistics";
import type { LayerRoom } from "./room";

export type Cell = readonly [row: number, column: number];

export class Memory {
  private readonly channels = new Map<string, number>();
  private readonly places = new Map<string, Cell>();
  private readonly values = new Map<string, unknown>();
  private readonly defaults = new WeakMap<Tensor, number>();

  /**
   * The map that is looked at; layers that only change the values of maps share it. Until one is chosen, the one with
   * the most to see.
   */
  channel({ trace, index, output }: Pick<LayerRoom, "trace" | "index" | "output">): number {
    const most = (output.shape.at(-1) ?? 1) - 1;
    const family = trace.family(index);
    return Math.min(most, this.channels.get(family) ?? this.liveliest(trace.named(family)));
  }

  private liveliest(tensor: Tensor): number {
    const known = this.defaults.get(tensor) ?? liveliest(tensor);
    this.defaults.set(tensor, known);
    return known;
  }

  setChannel({ trace, index }: LayerRoom, channel: number): void {
    this.channels.set(trace.family(index), channel);
  }

  /** The cell that is looked at; the middle until one is chosen. */
  place(key: string, height: number, width: number): Cell {
    const [row, column] = this.places.get(key) ?? [Math.floor(height / 2), Math.floor(width / 2)];
    return [clamp(row, height), clamp(column, width)];
  }

  setPlace(key: string, cell: Cell): void {
    this.places.set(key, cell);
  }

  /** Anything else that is chosen. */
  get<T>(key: string, otherwise: T): T {
    return this.values.has(key) ? (this.values.get(key) as T) : otherwise;
  }

  set(key: string, value: unknown): void {
    this.values.set(key, value);
  }
}

/** Maps of one size that belong together share the chosen cell. */
export function placeKey({ trace, index, output }: LayerRoom): string {
  return `${trace.family(index)} ${output.shape.slice(0, 2)}`;
}

export const clamp = (value: number, length: number): number => Math.min(length - 1, Math.max(0, value));
