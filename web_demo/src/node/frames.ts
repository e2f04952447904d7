/**
 * Frames over stdin and stdout, between Python (gemelo/runtimes/tfjs.py) and the server beside this file.
 *
 *     uint32 length of the header | uint32 length of the payload | header: JSON, UTF-8 | payload: float32
 *
 * Numbers are little-endian. One request, one answer, in order:
 *
 *     {op: "version"}                                    {ok: true, tfjs, node}
 *     {op: "open", model: path, backend: "wasm"|"cpu"}   {ok: true, session, shape: [h, w, c], classes, labels}
 *     {op: "run", session, count} + NHWC images 0-255    {ok: true} + count * classes probabilities
 *     {op: "close", session}                             {ok: true}
 *     {op: "memory"}                                     {ok: true, tensors, bytes}
 *
 * What fails is answered with {ok: false, kind, message}. The server ends when its stdin closes.
 */

import { RuntimeError } from "../runtimes/runtime";

export interface Frame {
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: Float32Array;
}

const PREFIX_BYTES = 8;
const MAX_HEADER_BYTES = 1 << 20;
const MAX_PAYLOAD_BYTES = 64 << 20;

export function encodeFrame(header: object, payload: Float32Array = new Float32Array(0)): Buffer {
  const text = Buffer.from(JSON.stringify(header), "utf8");
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32LE(text.length, 0);
  prefix.writeUInt32LE(payload.byteLength, 4);
  return Buffer.concat([prefix, text, Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)]);
}

/** Cuts a stream of chunks into frames. */
export class FrameReader {
  private chunks: Buffer[] = [];
  private size = 0;

  /** Takes a chunk and yields the frames that are whole with it. */
  *push(chunk: Buffer): Generator<Frame> {
    this.chunks.push(chunk);
    this.size += chunk.length;
    for (let frame = this.next(); frame !== null; frame = this.next()) yield frame;
  }

  private next(): Frame | null {
    if (this.size < PREFIX_BYTES) return null;
    const prefix = this.peek(PREFIX_BYTES);
    const headerBytes = prefix.readUInt32LE(0);
    const payloadBytes = prefix.readUInt32LE(4);
    if (headerBytes > MAX_HEADER_BYTES || payloadBytes > MAX_PAYLOAD_BYTES || payloadBytes % 4 !== 0) {
      throw new RuntimeError(
        "input",
        `not a frame: header of ${headerBytes}, payload of ${payloadBytes} bytes`,
      );
    }
    const total = PREFIX_BYTES + headerBytes + payloadBytes;
    if (this.size < total) return null;
    const bytes = this.take(total);
    return {
      header: parseHeader(bytes.subarray(PREFIX_BYTES, PREFIX_BYTES + headerBytes)),
      payload: floats(bytes, PREFIX_BYTES + headerBytes),
    };
  }

  /** The first `count` bytes, joined only as far as needed: a large payload comes in hundreds of chunks. */
  private peek(count: number): Buffer {
    while ((this.chunks[0]?.length ?? count) < count) {
      const [first, second, ...rest] = this.chunks as [Buffer, Buffer, ...Buffer[]];
      this.chunks = [Buffer.concat([first, second]), ...rest];
    }
    return this.chunks[0] as Buffer;
  }

  private take(count: number): Buffer {
    const all = Buffer.concat(this.chunks);
    this.chunks = all.length > count ? [all.subarray(count)] : [];
    this.size -= count;
    return all.subarray(0, count);
  }
}

function parseHeader(bytes: Buffer): Record<string, unknown> {
  const header: unknown = JSON.parse(bytes.toString("utf8"));
  if (typeof header !== "object" || header === null) throw new RuntimeError("input", "a header is an object");
  return header as Record<string, unknown>;
}

/** Copied, for a Float32Array must begin at a multiple of four bytes. */
function floats(bytes: Buffer, offset: number): Float32Array {
  const from = bytes.byteOffset + offset;
  return new Float32Array(bytes.buffer.slice(from, bytes.byteOffset + bytes.length) as ArrayBuffer);
}
