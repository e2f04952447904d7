/** Why a photo cannot be read: the same tree of errors as Python's ImageError, as one class with a word. */

export type PhotoErrorKind = "empty" | "corrupt" | "unsupported" | "too-large" | "memory";

/** A photo that cannot be read. Its message is Python's sentence, without the name of the file before it. */
export class PhotoError extends Error {
  /**
   * @param kind which of Python's errors this is; "memory" is part of its ImageTooLargeError.
   * @param what the same more closely, in a word that can be looked up in a dictionary: "16-bit", "png-crc", ...
   * @param message Python's sentence.
   * @param detail what to do about it, or what the browser said; may be empty.
   */
  constructor(
    readonly kind: PhotoErrorKind,
    readonly what: string,
    message: string,
    readonly detail = "",
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = "PhotoError";
  }
}

export const SUPPORTED = "gemelo reads JPEG, PNG, WebP, BMP and GIF with 8 bits a channel";

/** The file's header makes no sense; the reason is for developers. */
export function badHeader(kind: string, reason: string): PhotoError {
  return new PhotoError("corrupt", "header", `damaged ${kind} header`, reason);
}

/** The header can be read, what follows cannot. */
export function badBody(what: string, reason: string, detail = "", options?: ErrorOptions): PhotoError {
  return new PhotoError("corrupt", what, `damaged or truncated: ${reason}`, detail, options);
}

export function outOfMemory(width: number, height: number, cause?: unknown): PhotoError {
  const message = `${width}x${height} does not fit into memory`;
  return new PhotoError("memory", "memory", message, cause instanceof Error ? cause.message : "", { cause });
}
