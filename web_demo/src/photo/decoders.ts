/** Who turns a photo into pixels: the browser where it was proved exact, else a decoder in WASM, else nobody. */

import { told } from "../messages/message";
import type { Bytes } from "./bytes";
import { byCanvas, fromFrame, NoisyCanvasError, type Pixels } from "./canvas";
import { badBody, outOfMemory, PhotoError } from "./error";
import type { Encoded, Opened } from "./photo";
import { blended } from "./pngpixels";
import { NOTHING, type Proof, prove } from "./proof";
import { type Layout, upright } from "./upright";

type Format = Encoded["format"];

/** What a module of wasm/ exports: RGBA, its alpha not multiplied in. */
export interface WasmDecoder {
  decode(bytes: Bytes): Promise<ImageData>;
}

export class Decoders {
  private proof: Promise<Proof> | null = null;

  /** @param load brings the decoder of a format, whose code is fetched only then. */
  constructor(private readonly load: (format: Format) => Promise<WasmDecoder>) {}

  /** What the browser does exactly, as far as is known: found out when it is first asked. */
  proved(): Promise<Proof> {
    this.proof ??= prove();
    return this.proof;
  }

  /** Decodes an opened photo and turns it by its EXIF orientation. */
  async pixels(photo: Opened, orientation: number): Promise<Pixels> {
    const { width, height, picture } = photo;
    const layout = upright(width, height, orientation);
    try {
      if (typeof picture !== "function") return await this.decoded(picture, layout);
      return { width: layout.width, height: layout.height, data: picture(layout) };
    } catch (thrown) {
      if (thrown instanceof RangeError) throw outOfMemory(width, height, thrown);
      throw thrown;
    }
  }

  /** A camera's frame, or anything else that the browser has drawn. No other decoder could give it. */
  async frame(frame: ImageBitmap | VideoFrame): Promise<Pixels> {
    if ((await this.proved()).canvas) {
      try {
        return fromFrame(frame);
      } catch (thrown) {
        this.distrust(thrown);
      }
    }
    throw noisy("frame");
  }

  private async decoded(picture: Encoded, layout: Layout): Promise<Pixels> {
    if ((await this.proved())[picture.format]) {
      try {
        return await byCanvas(picture, layout);
      } catch (thrown) {
        this.distrust(thrown);
      }
    }
    if (picture.isCmyk) throw noisy("cmyk");
    return byWasm(await this.load(picture.format), picture, layout);
  }

  /** A canvas that was caught once is asked nothing more. */
  private distrust(thrown: unknown): void {
    if (!(thrown instanceof NoisyCanvasError)) throw thrown;
    this.proof = Promise.resolve(NOTHING);
  }
}

function noisy(what: "frame" | "cmyk"): PhotoError {
  const message = told(what === "frame" ? "photo.frame" : "photo.cmyk");
  return new PhotoError("unsupported", what, message, "try another browser");
}

async function byWasm(decoder: WasmDecoder, picture: Encoded, layout: Layout): Promise<Pixels> {
  const image = await decoder.decode(picture.transparent ?? picture.colors).catch((thrown: unknown) => {
    if (thrown instanceof RangeError) throw outOfMemory(picture.width, picture.height, thrown);
    throw badBody("decode", told("damage.decoder"), String(thrown), { cause: thrown });
  });
  if (image.width !== picture.width || image.height !== picture.height) {
    throw badBody(
      "decode",
      told("damage.other-size", {
        ...{ width: image.width, height: image.height },
        ...{ wanted_width: picture.width, wanted_height: picture.height },
      }),
    );
  }
  const data = new Uint8ClampedArray(4 * layout.width * layout.height);
  const words = new Uint32Array(data.buffer);
  if (image.width * image.height < words.length) words.fill(0xff000000 | (picture.around * 0x010101));
  const bytes = image.data;
  for (let y = 0, from = 0; y < image.height; y++) {
    let to = layout.start + picture.x * layout.right + (picture.y + y) * layout.down;
    for (let x = 0; x < image.width; x++, from += 4, to += layout.right) {
      words[to] = blended(bytes[from]!, bytes[from + 1]!, bytes[from + 2]!, bytes[from + 3]!);
    }
  }
  return { width: layout.width, height: layout.height, data };
}
