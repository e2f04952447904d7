/** A BMP's pixels where they are packed as runs: Pillow's BmpRleDecoder. */

import { told } from "../messages/message";
import type { Bytes } from "./bytes";
import { badBody } from "./error";

const END_OF_LINE = 0;
const END = 1;
const JUMP = 2;

/** Unpacks to one byte an index, row after row. */
export class Runs {
  private readonly out: Bytes;
  private to = 0;
  private x = 0;

  /** @param halves whether a byte holds two indices. */
  constructor(
    private readonly bytes: Bytes,
    private at: number,
    private readonly width: number,
    height: number,
    private readonly halves: boolean,
  ) {
    this.out = new Uint8Array(width * height);
  }

  unpack(): Bytes {
    while (this.to < this.out.length && this.at + 2 <= this.bytes.length) {
      const [count, byte] = [this.bytes[this.at]!, this.bytes[this.at + 1]!];
      this.at += 2;
      if (count > 0) this.repeat(count, byte);
      else if (!this.command(byte)) break;
    }
    if (this.to < this.out.length) throw badBody("decode", told("damage.too-little"));
    return this.out;
  }

  private repeat(count: number, byte: number): void {
    const fitting = Math.max(0, Math.min(count, this.width - this.x));
    for (let i = 0; i < fitting; i++) this.put(byte, i);
    this.x += fitting;
  }

  /** What a run of no length says; false where the pixels end. */
  private command(byte: number): boolean {
    if (byte === END) return false;
    if (byte === JUMP) return this.jump();
    if (byte !== END_OF_LINE) return this.literal(byte);
    this.to = Math.ceil(this.to / this.width) * this.width;
    this.x = 0;
    return true;
  }

  private jump(): boolean {
    if (this.at + 2 > this.bytes.length) return false;
    const far = this.bytes[this.at]! + this.bytes[this.at + 1]! * this.width;
    this.to += Math.min(this.out.length - this.to, far);
    this.at += 2;
    this.x = this.to % this.width;
    return true;
  }

  /** So many indices as they are, up to an even place in the file. */
  private literal(count: number): boolean {
    const wanted = Math.min(this.out.length - this.to, count);
    const size = this.halves ? Math.ceil(wanted / 2) : wanted;
    for (let i = 0; i < wanted; i++) {
      const byte = this.bytes[this.at + (this.halves ? i >> 1 : i)];
      if (byte !== undefined) this.put(byte, i);
    }
    if (this.at + size > this.bytes.length || this.to === this.out.length) return false;
    this.x += count;
    this.at += size + ((this.at + size) % 2);
    return true;
  }

  private put(byte: number, i: number): void {
    this.out[this.to++] = this.halves ? (i % 2 === 0 ? byte >> 4 : byte & 15) : byte;
  }
}
