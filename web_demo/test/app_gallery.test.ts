import assert from "node:assert/strict";
import { test } from "node:test";

import { Gallery, type Item, MOST_PHOTOS, MOST_PREVIEWS, type Work } from "../src/app/shell/gallery";
import type { Prepared } from "../src/engine/photos";

/** As much of an ImageBitmap as is used: it is let go exactly once. */
class Preview {
  readonly width = 4;
  readonly height = 3;
  closed = 0;
  close(): void {
    this.closed++;
  }
}

/** A page that reads a photo's number from its text; "bad" cannot be read. */
class Desk implements Work {
  passed = true;
  readonly previews: Preview[] = [];
  answered = 0;

  async prepare(file: Blob): Promise<Prepared> {
    const text = await file.text();
    if (text === "bad") throw new Error("unreadable");
    const preview = new Preview();
    this.previews.push(preview);
    return {
      tensor: Uint8Array.of(Number(text)),
      width: 4,
      height: 3,
      sha256: null,
      preview: preview as unknown as ImageBitmap,
      ms: { decode: 1, resize: 1 },
    };
  }

  async answer(tensor: Uint8Array): Promise<{ probabilities: Float32Array; ms: number }> {
    this.answered++;
    if (tensor[0] === 13) throw new Error("the model stopped");
    return { probabilities: Float32Array.of(tensor[0] ?? NaN), ms: 1 };
  }

  ready(): boolean {
    return this.passed;
  }

  thumbnail(): null {
    return null;
  }

  open(): number {
    return this.previews.filter(({ closed }) => closed === 0).length;
  }
}

const photos = (...texts: string[]): File[] => texts.map((text) => new File([text], `${text}.jpg`));
const states = (gallery: Gallery): string => gallery.items.map(({ state }) => state).join(" ");

test("each photo gets its own answer, and one that fails stops no other", async () => {
  const gallery = new Gallery(new Desk());
  const seen = new Map<Item, Set<string>>();
  gallery.on((item) => item && seen.set(item, (seen.get(item) ?? new Set()).add(item.state)));
  await gallery.add(photos("1", "bad", "2", "13", "3"));
  assert.equal(states(gallery), "done failed done failed done");
  assert.deepEqual(
    gallery.items.map(({ answer }) => answer?.probabilities[0] ?? null),
    [1, null, 2, null, 3],
  );
  assert.deepEqual([...(seen.get(gallery.items[0] as Item) ?? [])], ["working", "prepared", "done"]);
  assert.equal(gallery.current()?.name, "1.jpg");
});

test("photos chosen before the self-test has passed are answered when it has", async () => {
  const desk = new Desk();
  desk.passed = false;
  const gallery = new Gallery(desk);
  let over = false;
  const added = gallery.add(photos("1", "2")).then(() => (over = true));
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(states(gallery), "prepared prepared");
  assert.equal(gallery.current()?.answer, null);
  assert.equal(over, false);
  desk.passed = true;
  gallery.resume();
  await added;
  assert.equal(states(gallery), "done done");
});

test("where nothing passed, photos are never answered and nobody waits for it", async () => {
  const desk = new Desk();
  desk.passed = false;
  const gallery = new Gallery(desk);
  const early = gallery.add(photos("1"));
  await new Promise((resolve) => setTimeout(resolve, 20));
  gallery.refuse();
  await early;
  await gallery.add(photos("2"));
  assert.equal(states(gallery), "prepared prepared");
  assert.equal(desk.answered, 0);
});

test("another engine answers all photos again, without reading them again", async () => {
  const desk = new Desk();
  const gallery = new Gallery(desk);
  await gallery.add(photos("1", "bad", "2"));
  const before = gallery.current();
  let changes = 0;
  gallery.onCurrent(() => changes++);
  gallery.resume();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(desk.answered, 4);
  assert.equal(desk.previews.length, 2);
  assert.notEqual(gallery.current(), before);
  assert.ok(changes > 0);
});

test("the selection moves on from photos that fail, until the visitor has chosen", async () => {
  const gallery = new Gallery(new Desk());
  await gallery.add(photos("bad", "7"));
  assert.equal(gallery.selected?.name, "7.jpg");
  gallery.select(gallery.items[0]?.id ?? 0);
  assert.equal(gallery.selected?.name, "bad.jpg");
  assert.equal(gallery.current()?.name, "7.jpg", "other views keep the last photo that can be shown");
});

test("hundreds of photos keep few previews, and one that was let go comes back when it is selected", async () => {
  const desk = new Desk();
  const gallery = new Gallery(desk);
  await gallery.add(photos(...Array.from({ length: 100 }, (_, i) => String(100 + i))));
  assert.equal(desk.open(), MOST_PREVIEWS);
  assert.ok(desk.previews.every(({ closed }) => closed <= 1));
  assert.notEqual(gallery.current()?.prepared.preview, null, "the current photo keeps its own");
  const item = gallery.items[50] as Item;
  assert.equal(item.prepared?.preview, null);
  gallery.select(item.id);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.notEqual(gallery.current()?.prepared.preview, null);
  assert.equal(desk.open(), MOST_PREVIEWS);
});

test("more photos than there is room for are left out, and there is room again after removing all", async () => {
  const desk = new Desk();
  const gallery = new Gallery(desk);
  await gallery.add(photos(...Array.from({ length: MOST_PHOTOS + 5 }, () => "1")));
  assert.equal(gallery.items.length, MOST_PHOTOS);
  assert.equal(gallery.room(), 0);
  gallery.clear();
  assert.equal(gallery.room(), MOST_PHOTOS);
  assert.equal(gallery.current(), null);
  assert.equal(desk.open(), 0);
});

test("photos removed while they are read leave nothing behind", async () => {
  const desk = new Desk();
  const gallery = new Gallery(desk);
  const added = gallery.add(photos("1", "2"));
  gallery.clear();
  await added;
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(gallery.items.length, 0);
  assert.equal(desk.open(), 0);
  await gallery.add(photos("3"));
  assert.equal(states(gallery), "done");
});

test("one photo is taken away: the next is chosen, its preview is let go, whoever waits for it waits no longer", async () => {
  const desk = new Desk();
  const gallery = new Gallery(desk);
  await gallery.add(photos("1", "2", "3"));
  let changes = 0;
  gallery.onCurrent(() => changes++);
  gallery.select(gallery.items[1]!.id);
  gallery.remove(gallery.items[1]!.id);
  assert.deepEqual(
    [gallery.items.length, gallery.selected?.name, gallery.current()?.name, desk.open()],
    [2, "3.jpg", "3.jpg", 2],
  );
  gallery.remove(gallery.items[1]!.id);
  assert.deepEqual([gallery.selected?.name, gallery.current()?.name], ["1.jpg", "1.jpg"]);
  const late = gallery.add(photos("4"));
  gallery.remove(gallery.items[1]!.id);
  await late;
  assert.deepEqual([states(gallery), gallery.current()?.name], ["done", "1.jpg"]);
  gallery.remove(gallery.items[0]!.id);
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual(
    [gallery.items.length, gallery.selected, gallery.current(), desk.open()],
    [0, null, null, 0],
  );
  assert.ok(changes >= 4);
  gallery.remove(99);
});
