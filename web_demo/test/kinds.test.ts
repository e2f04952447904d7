/** Kinds of files: the tables and the answers are Python's (tests/goldens/kinds.json), in both languages of the page. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { loadSentences, sentence } from "../src/app/shell/errors";
import { setLanguage } from "../src/app/shell/i18n";
import { ENGLISH } from "../src/messages/en";
import { SPANISH } from "../src/messages/es";
import { told } from "../src/messages/message";
import type { Bytes } from "../src/photo/bytes";
import { decode, Decoders, PhotoError } from "../src/preprocessing";
import { type Foreign, KINDS, MEDIA_BRANDS, RIFF_KINDS, SIGNATURES } from "../src/photo/kinds";
import { HEAD_BYTES, isPhotoHead, kindOf } from "../src/photo/sniff";

interface Expected {
  readonly signatures: readonly (readonly [kind: string, at: number, magics: readonly string[]])[];
  readonly riff: Record<string, string>;
  readonly brands: Record<string, string>;
  readonly kinds: Record<string, readonly [said: string, advice: string, photo: boolean]>;
  readonly files: Record<string, readonly [kind: string, bytes: string]>;
}

const EXPECTED = JSON.parse(
  await readFile(join(process.cwd(), "..", "tests", "goldens", "kinds.json"), "utf8"),
) as Expected;
const NOBODY = new Decoders(() => Promise.reject(new Error("nothing is decoded here")));

const bytesOf = (hex: string): Bytes => Uint8Array.from(Buffer.from(hex, "hex"));
const hexOf = (text: string): string => Buffer.from(text, "latin1").toString("hex");

test("the tables are Python's", () => {
  assert.deepEqual(
    SIGNATURES.map(([kind, at, ...magics]) => [kind, at, magics.map(hexOf)]),
    EXPECTED.signatures,
  );
  assert.deepEqual(RIFF_KINDS, EXPECTED.riff);
  assert.deepEqual(MEDIA_BRANDS, EXPECTED.brands);
  const kinds = Object.entries(KINDS).map(([kind, [advice, photo]]: [string, readonly string[]]) => [
    kind,
    [ENGLISH[`kind.${kind as Foreign}`], advice, photo === "photo"],
  ]);
  assert.deepEqual(Object.fromEntries(kinds), EXPECTED.kinds);
});

test("every file is named as Python names it", async () => {
  for (const [name, [kind, hex]] of Object.entries(EXPECTED.files)) {
    const bytes = bytesOf(hex);
    if (!(kind in KINDS)) {
      assert.equal(kindOf(bytes), kind, name);
      continue;
    }
    const said = ENGLISH[`kind.${kind as Foreign}`];
    const refused = await decode(new Blob([bytes]), NOBODY).catch((thrown: unknown) => thrown);
    assert.ok(refused instanceof PhotoError, `${name}: ${refused}`);
    assert.deepEqual(
      [refused.kind, refused.what, refused.message],
      ["unsupported", kind, `this is ${said}`],
      name,
    );
    assert.notEqual(refused.detail, "");
  }
});

test("a file that is cut anywhere has a kind", () => {
  for (const [, hex] of Object.values(EXPECTED.files)) {
    const whole = bytesOf(hex);
    for (let end = 0; end < whole.length; end++) kindOf(whole.subarray(0, end));
  }
});

test("photos are told by their heads, those that are not read among them", () => {
  for (const [name, [kind, hex]] of Object.entries(EXPECTED.files)) {
    const head = bytesOf(hex).subarray(0, HEAD_BYTES);
    const known = !(kindOf(head) in KINDS);
    assert.equal(isPhotoHead(head), known || EXPECTED.kinds[kind]![2], name);
  }
  assert.equal(isPhotoHead(Uint8Array.from(Buffer.from("BM, but no picture\0\0"))), false);
});

test("the page says what a file is in both languages", async () => {
  setLanguage("es");
  await loadSentences();
  for (const [kind, [said]] of Object.entries(EXPECTED.kinds)) {
    const error = new PhotoError(
      "unsupported",
      kind,
      told("photo.kind", { kind: told(`kind.${kind as Foreign}`) }),
    );
    setLanguage("en");
    assert.ok(sentence(error).startsWith(`This is ${said}. `), kind);
    setLanguage("es");
    assert.ok(sentence(error).startsWith(`Es ${SPANISH[`kind.${kind as Foreign}`]}. `), kind);
    assert.match(sentence(error), /[.]$/);
  }
  setLanguage("en");
});
