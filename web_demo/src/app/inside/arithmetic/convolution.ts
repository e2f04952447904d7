/** One value of a feature map, product by product. */

import type { Tensor } from "../../../engine/inside";
import { rangeOf } from "./statistics";
import { startOf, type Windows } from "./windows";

/** What one input channel adds to a value. */
export interface Part {
  readonly channel: number;
  /** Of the window, row by row; 0 where it lies in the padding. */
  readonly values: readonly number[];
  readonly weights: readonly number[];
  readonly padded: readonly boolean[];
  readonly sum: number;
}

export interface Sum {
  readonly parts: readonly Part[];
  /** How many products there are. */
  readonly products: number;
  readonly sum: number;
  readonly bias: number;
  /** The sum and the bias: what the feature map holds. */
  readonly value: number;
}

export class Convolution {
  private readonly channels: number;
  /** (height, width, inputs, outputs); of a depthwise kernel the last is the outputs of each input. */
  private readonly shape: readonly [number, number, number, number];
  /** The largest magnitude among the weights of all kernels. */
  readonly weightLimit: number;

  /**
   * @param input (height, width, channels).
   * @param kernel as Keras has it.
   * @param bias one number for each output channel.
   */
  constructor(
    private readonly input: Tensor,
    private readonly kernel: Tensor,
    private readonly bias: Tensor | null,
    readonly windows: Windows,
    private readonly depthwise: boolean,
  ) {
    this.channels = input.shape[2] ?? 1;
    this.shape = kernel.shape as [number, number, number, number];
    this.weightLimit = rangeOf(kernel.data).limit;
  }

  /** The number of output channels. */
  get filters(): number {
    return this.depthwise ? this.shape[2] * this.shape[3] : this.shape[3];
  }

  /** The input channels that one kernel reads. */
  get depth(): number {
    return this.depthwise ? 1 : this.shape[2];
  }

  /** The value of one output channel at one place of its map, worked out in double precision. */
  at(filter: number, row: number, column: number): Sum {
    const start = startOf(this.windows, row, column);
    const parts = Array.from({ length: this.depth }, (_, i) => this.part(filter, i, start));
    const sum = parts.reduce((total, part) => total + part.sum, 0);
    const bias = this.bias?.data[filter] ?? 0;
    return { parts, products: parts.length * this.shape[0] * this.shape[1], sum, bias, value: sum + bias };
  }

  /** Its weights for one of the channels that it reads, row by row. */
  weights(filter: number, i: number): number[] {
    const [height, width, inputs, outputs] = this.shape;
    const [from, to] = this.depthwise
      ? [Math.floor(filter / outputs), filter % outputs]
      : ([i, filter] as const);
    return Array.from(
      { length: height * width },
      (_, at) => this.kernel.data[(at * inputs + from) * outputs + to] ?? NaN,
    );
  }

  private part(filter: number, i: number, [top, left]: readonly [number, number]): Part {
    const [rows, columns] = this.windows.input;
    const width = this.shape[1];
    const channel = this.channelOf(filter, i);
    const weights = this.weights(filter, i);
    const cells = weights.map((_, at) => [top + Math.floor(at / width), left + (at % width)] as const);
    const padded = cells.map(([y, x]) => y < 0 || x < 0 || y >= rows || x >= columns);
    const values = cells.map(([y, x], at) =>
      padded[at] === true ? 0 : (this.input.data[(y * columns + x) * this.channels + channel] ?? NaN),
    );
    const sum = values.reduce((total, value, at) => total + value * (weights[at] ?? NaN), 0);
    return { channel, values, weights, padded, sum };
  }

  /** Which input channel is the i-th that a kernel reads; in a grouped convolution each reads its group's. */
  private channelOf(filter: number, i: number): number {
    if (this.depthwise) return Math.floor(filter / this.shape[3]);
    const groups = Math.max(1, Math.round(this.channels / this.shape[2]));
    return Math.floor(filter / (this.shape[3] / groups)) * this.shape[2] + i;
  }
}

/** The index in `parts` of the one that adds, or takes away, most. */
export function strongest({ parts }: Sum): number {
  let best = 0;
  parts.forEach(({ sum }, i) => {
    if (Math.abs(sum) > Math.abs(parts[best]?.sum ?? 0)) best = i;
  });
  return best;
}
