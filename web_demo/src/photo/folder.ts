/** Photos in folders: the rule of `gemelo/preprocessing/photo_files.py`. */

import { HEAD_BYTES, isPhotoHead } from "./sniff";

/** A file with such a name counts as a photo, so that one that cannot be read is reported. */
export const SUFFIXES: ReadonlySet<string> = new Set([
  "apng",
  "arw",
  "avif",
  "bmp",
  "cr2",
  "cr3",
  "dib",
  "dng",
  "gif",
  "heic",
  "heif",
  "hif",
  "jfi",
  "jfif",
  "jp2",
  "jpe",
  "jpeg",
  "jpg",
  "jxl",
  "jxr",
  "nef",
  "orf",
  "pef",
  "pjp",
  "pjpeg",
  "png",
  "raf",
  "rw2",
  "tif",
  "tiff",
  "webp",
]);
/** What systems leave beside photos. */
export const LEFT_BY_SYSTEMS: ReadonlySet<string> = new Set([
  "#recycle",
  "#snapshot",
  "$recycle.bin",
  "@eadir",
  "@recently-snapshot",
  "@recycle",
  "@tmp",
  "__macosx",
  "__pycache__",
  "desktop.ini",
  "ehthumbs.db",
  "ehthumbs_vista.db",
  "icon\r",
  "lost+found",
  "picasa.ini",
  "system volume information",
  "thumbs.db",
]);

/** Whether a file or folder of that name is hidden, or something that systems leave beside photos. */
export function isIgnored(name: string): boolean {
  return name.startsWith(".") || LEFT_BY_SYSTEMS.has(name.toLowerCase());
}

/** Whether a file begins like a photo or is named like one. */
export async function isPhoto(file: File): Promise<boolean> {
  const suffix = /[^.]\.([^.]+)$/.exec(file.name)?.[1] ?? "";
  if (SUFFIXES.has(suffix.toLowerCase())) return true;
  try {
    return isPhotoHead(new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer()));
  } catch {
    return false;
  }
}
