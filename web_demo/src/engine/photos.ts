/** The contract at work beside the page: photos in, tensors out. */

import type { Contract } from "../contract";
import { Remote } from "./rpc";
import { workerUrl } from "./urls";
import type { PhotoRequest, Prepared } from "./worker";

export type { Prepared } from "./worker";

export interface PrepareOptions {
  /** Whether a picture to be looked at is wanted. */
  readonly preview?: boolean;
}

export class Photos {
  private readonly remote: Remote;

  private constructor(
    base: string,
    private readonly contract: Contract,
    private readonly maxPixels: number,
  ) {
    this.remote = new Remote(workerUrl(base));
  }

  /** @param base absolute URL of the page's folder. */
  static start(base: string, contract: Contract, maxPixels: number): Photos {
    return new Photos(base, contract, maxPixels);
  }

  /** A photo's file as the model's input; a PhotoError says why it cannot be read. */
  prepare(file: Blob, { preview = true }: PrepareOptions = {}): Promise<Prepared> {
    return this.photo(file, preview, []);
  }

  /** A camera's frame, which is upright already; it is used up. */
  frame(bitmap: ImageBitmap, { preview = false }: PrepareOptions = {}): Promise<Prepared> {
    return this.photo(bitmap, preview, [bitmap]);
  }

  close(): void {
    this.remote.close();
  }

  private photo(source: Blob | ImageBitmap, preview: boolean, move: Transferable[]): Promise<Prepared> {
    const request: PhotoRequest = { source, contract: this.contract, maxPixels: this.maxPixels, preview };
    return this.remote.call("photo", request, move);
  }
}
