/** What was dropped or pasted, as files: folders are opened, addresses are not. */

export interface Taken {
  readonly files: File[];
  /** Folders in which there was no photo. */
  readonly emptyFolders: string[];
  /** An address came, and no file. */
  readonly address: boolean;
}

/** Enough for any folder of photos; a whole disk would never end. */
const MOST_FILES = 5000;
const PHOTO = /\.(jpe?g|png|webp|bmp|gif|hei[cf]|avif|tiff?)$/i;

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
  const taken = files.filter((file) => !(names.has(file.name) && file.type === ""));
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

/** Photos below a folder, in the order of their names. */
async function photosIn(folder: FileSystemDirectoryEntry): Promise<File[]> {
  const found: FileSystemFileEntry[] = [];
  const folders = [folder];
  for (let next; (next = folders.shift()) !== undefined && found.length < MOST_FILES;) {
    for (const entry of await children(next)) {
      if (entry.isDirectory) folders.push(entry as FileSystemDirectoryEntry);
      else if (PHOTO.test(entry.name)) found.push(entry as FileSystemFileEntry);
    }
  }
  const files = await Promise.all(found.slice(0, MOST_FILES).map(fileOf));
  return files.filter((file) => file !== null);
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
