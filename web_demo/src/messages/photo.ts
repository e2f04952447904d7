/** A photo's error in the language of a table of sentences, for pages that bring their own. */

import type { PhotoError } from "../photo/error";
import { friendly, text } from "./message";

export const spokenPhotoError = (
  { told }: PhotoError,
  sentences: Readonly<Record<string, string>>,
  language: "en" | "es",
): string => text(friendly(told), sentences, language);
