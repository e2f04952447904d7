/** The photo that all artifacts are given, and Keras's output for it, where there is one. */

import type { Photos } from "../../engine/photos";
import { fetchFile, type Golden, type Page } from "../../page";
import { RuntimeError } from "../../runtimes/runtime";
import type { ReferenceFile } from "../../schemas";

export interface Subject {
  readonly name: string;
  /** uint8 of the preprocessing's shape. */
  readonly tensor: Uint8Array;
  readonly sha256: string | null;
  readonly preview: ImageBitmap | null;
  /** The golden that it is; null for a visitor's photo. */
  readonly golden: Golden | null;
}

/** One of the bundle's goldens as the photo. */
export async function goldenSubject(page: Page, photos: Photos, index: number): Promise<Subject> {
  const golden = page.goldens.images[index];
  if (golden === undefined) throw new RuntimeError("input", `there is no golden ${index}`);
  const bytes = await fetchFile(page, page.goldens.path);
  const png = new Blob([new Uint8Array(bytes, golden.offset, golden.bytes)], { type: "image/png" });
  const { tensor, sha256, preview } = await photos.prepare(png);
  return { name: golden.name, tensor, sha256, preview, golden };
}

type Answers = ReadonlyMap<string, ArrayLike<number>>;

let reference: { readonly page: Page; readonly answers: Promise<Answers> } | null = null;

/** Keras's answer to exactly this photo; null where it never saw it. reference.json is fetched when first needed. */
export async function kerasAnswer(
  page: Page,
  { golden, sha256 }: Subject,
): Promise<ArrayLike<number> | null> {
  if (golden !== null) return golden.probabilities;
  if (sha256 === null || page.reference === null) return null;
  if (reference?.page !== page) reference = { page, answers: load(page, page.reference.path) };
  reference.answers.catch(() => (reference = null));
  return (await reference.answers).get(sha256) ?? null;
}

async function load(page: Page, path: string): Promise<Answers> {
  const text = new TextDecoder().decode(await fetchFile(page, path));
  const { goldens, test } = JSON.parse(text) as ReferenceFile;
  const rows = page.answers === null ? [] : await answersOf(page, page.answers.path, test.length);
  const known = [
    ...test.map((image, i) => ({ ...image, probabilities: rows[i] ?? image.probabilities })),
    ...goldens,
  ];
  return new Map(known.map((image) => [image.sha256, image.probabilities ?? []]));
}

/** The rows of reference.npy: float32, little-endian, after a header of which the length alone is of use here. */
async function answersOf(page: Page, path: string, count: number): Promise<Float32Array[]> {
  const bytes = await fetchFile(page, path);
  const classes = page.labels.length;
  const start = bytes.byteLength - 4 * count * classes;
  return Array.from({ length: count }, (_, i) => new Float32Array(bytes, start + 4 * i * classes, classes));
}
