/** What was dropped or pasted, as files: folders are opened, addresses are not. */

import { isIgnored, isPhoto } from "../../photo/folder";

export interface Taken {
  readonly files: File[];
  /** Folders in which there was no photo. */
  readonly emptyFolders: string[];
  /** An address came, and no file. */
  readonly address: boolean;
}

/** Enough for any folder of photos; a whole disk would never end. */
const MOST_FILES = 5000;
const MOST_LOOKED_AT = 50_000;

/** Must be called before the event is over: its items are gone afterwards. */
export function take(data: DataTransfer | null): Promise<Taken> {
  const items = [...(data?.items ?? [])].filter(({ kind }) => kind === "file");
  const entries = items.map((item) => item.webkitGetAsEntry?.() ?? null);
  const files = [...(data?.files ?? [])];
  const texts = ["text/uri-list", "text/plain", "text/html"].map((type) => data?.getData(type) ?? "");
  return sort(entries, files, texts);
}

async function sort(
  entries: readonly (FileSystemEntry | null)[],
  files: readonly File[],
  texts: readonly string[],
): Promise<Taken> {
  const folders = entries.filter((entry): entry is FileSystemDirectoryEntry => entry?.isDirectory === true);
  const names = new Set(folders.map(({ name }) => name));
  const taken = meant(files.filter((file) => !(names.has(file.name) && file.type === "")));
  const emptyFolders: string[] = [];
  for (const folder of folders) {
    const found = await photosIn(folder);
    if (found.length === 0) emptyFolders.push(folder.name);
    taken.push(...found);
  }
  const address = taken.length === 0 && emptyFolders.length === 0 && texts.some(isAddress);
  return { files: taken, emptyFolders, address };
}

export function isAddress(text: string): boolean {
  return /^\s*(https?:|data:image\/|blob:|file:)\S+\s*$/i.test(text) || /<img\b[^>]*\bsrc=/i.test(text);
}

/** Whoever takes all files of a folder does not mean those that systems leave there. */
export function meant(files: readonly File[]): File[] {
  const some = files.filter(({ name }) => !isIgnored(name));
  return some.length > 0 ? some : [...files];
}

/** Photos below a folder, in the order of their names; which files these are is the same rule as in Python. */
export async function photosIn(folder: FileSystemDirectoryEntry): Promise<File[]> {
  const found: File[] = [];
  const folders = [folder];
  let looked = 0;
  for (let next; (next = folders.shift()) !== undefined && found.length < MOST_FILES;) {
    const entries = (await children(next)).filter(({ name }) => !isIgnored(name));
    folders.push(
      ...entries.filter((entry) => entry.isDirectory).map((entry) => entry as FileSystemDirectoryEntry),
    );
    const files = entries.filter((entry) => !entry.isDirectory).slice(0, MOST_LOOKED_AT - looked);
    looked += files.length;
    const photos = await Promise.all(files.map((entry) => photoOf(entry as FileSystemFileEntry)));
    found.push(...photos.filter((file) => file !== null));
  }
  return found.slice(0, MOST_FILES);
}

async function photoOf(entry: FileSystemFileEntry): Promise<File | null> {
  const file = await fileOf(entry);
  return file !== null && (await isPhoto(file)) ? file : null;
}

async function children(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  // It gives a hundred at a time, and none at the end; a folder that may not be read counts as empty.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve) =>
      reader.readEntries(resolve, () => resolve([])),
    );
    if (some.length === 0) return all.sort((a, b) => a.name.localeCompare(b.name));
    all.push(...some);
  }
}

function fileOf(entry: FileSystemFileEntry): Promise<File | null> {
  return new Promise((resolve) => entry.file(resolve, () => resolve(null)));
}
