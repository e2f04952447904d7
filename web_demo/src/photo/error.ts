/** Why a photo cannot be read: the same tree of errors as Python's ImageError, as one class with a word. */

import { english, told, type Told } from "../messages/message";

export type PhotoErrorKind = "empty" | "corrupt" | "unsupported" | "too-large" | "memory";

/** A photo that cannot be read. Its message is Python's sentence, without the name of the file before it. */
export class PhotoError extends Error {
  /**
   * @param kind which of Python's errors this is; "memory" is part of its ImageTooLargeError.
   * @param what the same more closely, in a word that can be looked up in a dictionary: "16-bit", "png-crc", ...
   * @param told Python's sentence, by its code in the catalogue.
   * @param detail what to do about it, or what the browser said; may be empty.
   */
  constructor(
    readonly kind: PhotoErrorKind,
    readonly what: string,
    readonly told: Told,
    readonly detail = "",
    options?: ErrorOptions,
  ) {
    super(english(told), options);
    this.name = "PhotoError";
  }
}

/** The file's header makes no sense; the reason is for developers. */
export function badHeader(kind: string, reason: string): PhotoError {
  return new PhotoError("corrupt", "header", told("photo.header", { format: kind }), reason);
}

/** The header can be read, what follows cannot. */
export function badBody(what: string, reason: Told, detail = "", options?: ErrorOptions): PhotoError {
  return new PhotoError("corrupt", what, told("photo.damaged-by", { reason }), detail, options);
}

export function outOfMemory(width: number, height: number, cause?: unknown): PhotoError {
  const message = told("photo.memory-size", { width, height });
  return new PhotoError("memory", "memory", message, cause instanceof Error ? cause.message : "", { cause });
}
