/** The preprocessing at work beside the page: photos in, tensors out. */

import type { Preprocessing } from "../preprocessing";
import type { Proof } from "../photo/proof";
import { Remote } from "./rpc";
import { decoderUrls, workerUrl } from "./urls";
import type { DecoderUrls, PhotoRequest, Prepared } from "./worker";

export type { Prepared } from "./worker";

export interface PrepareOptions {
  /** Whether a picture to be looked at is wanted. */
  readonly preview?: boolean;
}

export class Photos {
  private readonly remote: Remote;
  private readonly decoders: DecoderUrls;

  private constructor(
    base: string,
    private readonly preprocessing: Preprocessing,
    private readonly maxPixels: number,
  ) {
    this.remote = new Remote(workerUrl(base));
    this.decoders = decoderUrls(base);
  }

  /** @param base absolute URL of the page's folder. */
  static start(base: string, preprocessing: Preprocessing, maxPixels: number): Photos {
    return new Photos(base, preprocessing, maxPixels);
  }

  /** A photo's file as the model's input; a PhotoError says why it cannot be read. */
  prepare(file: Blob, { preview = true }: PrepareOptions = {}): Promise<Prepared> {
    return this.photo(file, preview, []);
  }

  /** A camera's frame, which is upright already; it is used up. */
  frame(bitmap: ImageBitmap, { preview = false }: PrepareOptions = {}): Promise<Prepared> {
    return this.photo(bitmap, preview, [bitmap]);
  }

  /** What the browser itself decodes exactly; the rest is decoded in WASM. */
  proof(): Promise<Proof> {
    return this.remote.call("proof", this.decoders);
  }

  close(): void {
    this.remote.close();
  }

  private photo(source: Blob | ImageBitmap, preview: boolean, move: Transferable[]): Promise<Prepared> {
    const { preprocessing, maxPixels, decoders } = this;
    const request: PhotoRequest = { source, preprocessing, maxPixels, decoders, preview };
    return this.remote.call("photo", request, move);
  }
}
