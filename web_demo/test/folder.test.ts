/** Folders that are dropped: the same rule as Python's, on a folder that a test makes of entries. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { meant, photosIn } from "../src/app/classify/take";
import { isIgnored, isPhoto, LEFT_BY_SYSTEMS, SUFFIXES } from "../src/photo/folder";

const EXPECTED = JSON.parse(
  await readFile(join(process.cwd(), "..", "tests", "goldens", "kinds.json"), "utf8"),
) as {
  readonly suffixes: readonly string[];
  readonly left: readonly string[];
};
const PNG = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

type Content = { readonly [name: string]: Content | Uint8Array<ArrayBuffer> | string | null };

/** A folder as a drop gives it, a few entries at a time; null is a file that cannot be read. */
function folder(name: string, content: Content): FileSystemDirectoryEntry {
  const entries = Object.entries(content).map(([each, value]) => {
    if (value !== null && typeof value === "object" && !(value instanceof Uint8Array))
      return folder(each, value);
    const file = (done: (file: File) => void, fail: (error: Error) => void): void =>
      value === null ? fail(new Error("it may not be read")) : done(new File([value], each));
    return { name: each, isDirectory: false, isFile: true, file } as unknown as FileSystemFileEntry;
  });
  const createReader = (): unknown => {
    const left: unknown[] = [...entries];
    return { readEntries: (done: (some: unknown[]) => void) => done(left.splice(0, 2)) };
  };
  return { name, isDirectory: true, isFile: false, createReader } as unknown as FileSystemDirectoryEntry;
}

const namesIn = async (content: Content): Promise<string[]> =>
  (await photosIn(folder("photos", content))).map(({ name }) => name);

test("the names are Python's", () => {
  assert.deepEqual([...SUFFIXES].sort(), EXPECTED.suffixes);
  assert.deepEqual([...LEFT_BY_SYSTEMS].sort(), EXPECTED.left);
});

test("photos are told by their first bytes, or by their names", async () => {
  const found = await namesIn({
    ...{ photo: PNG, "b.upload": PNG, "c.JFIF": "no photo", "d.jpeg": PNG, "e.jxl": "x", "f.txt": "text" },
    ...{
      g: "a text",
      "h.mov": "\0\0\0\x14ftypqt  ",
      "i.zip": "PK\x03\x04",
      "j.heic": "x",
      k: "",
      "l.png": null,
    },
    deep: { deeper: { "m.raw": "II*\0\b\0\0\0" } },
  });
  assert.deepEqual(found, ["b.upload", "c.JFIF", "d.jpeg", "e.jxl", "j.heic", "photo", "m.raw"]);
});

test("what systems leave beside photos counts as not there", async () => {
  const left = ["@eaDir", "__MACOSX", "#recycle", "$RECYCLE.BIN", ".Trashes", "lost+found"];
  const beside = Object.fromEntries(left.map((name) => [name, { "thumbnail.jpg": PNG }]));
  const files = Object.fromEntries(
    ["._a.jpg", ".DS_Store", "Thumbs.db", "Desktop.INI"].map((name) => [name, PNG]),
  );
  assert.deepEqual(await namesIn({ ...beside, ...files, "a.jpg": PNG, below: { ...beside, ...files } }), [
    "a.jpg",
  ]);
  assert.ok([...left, "Thumbs.db"].every(isIgnored));
  assert.ok(!isIgnored("thumbs.jpg"));
});

test("files that are dropped without their folder are judged alike", () => {
  const file = (name: string): File => new File([PNG], name);
  const names = (files: readonly string[]): string[] => meant(files.map(file)).map(({ name }) => name);
  assert.deepEqual(names(["a.jpg", "Thumbs.db", "._a.jpg", "notes.txt"]), ["a.jpg", "notes.txt"]);
  assert.deepEqual(names([".hidden.jpg"]), [".hidden.jpg"]);
});

test("a file that is gone is no photo", async () => {
  const gone = new File([PNG], "photo");
  gone.slice = () => ({ arrayBuffer: () => Promise.reject(new Error("gone")) }) as unknown as Blob;
  assert.equal(await isPhoto(gone), false);
});
