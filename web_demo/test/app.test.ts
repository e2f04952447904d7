import assert from "node:assert/strict";
import { test } from "node:test";

import { fitting } from "../src/app/about/chooser";
import { words as aboutWords } from "../src/app/about/words";
import { ranked, toCsv } from "../src/app/classify/csv";
import { verdictOf } from "../src/app/classify/verdict";
import { Meter } from "../src/app/classify/stream";
import { isAddress } from "../src/app/classify/take";
import { words as classifyWords } from "../src/app/classify/words";
import { choiceName, difference } from "../src/app/shell/badge";
import { kilobytes, milliseconds, percent, scientific } from "../src/app/shell/dom";
import { cure, reason, type Reason, sentence } from "../src/app/shell/errors";
import { ENGLISH } from "../src/messages/en";
import { type Code, english, told, type Told } from "../src/messages/message";
import { type Foreign, KINDS } from "../src/photo/kinds";
import type { Item } from "../src/app/shell/gallery";
import { choose, onLanguage, setLanguage } from "../src/app/shell/i18n";
import { words as shellWords } from "../src/app/shell/words";
import { PhotoError } from "../src/preprocessing";
import type { Choice } from "../src/engine/engine";
import type { Page } from "../src/page";
import { RuntimeError } from "../src/runtimes/runtime";

/** Runs a check in Spanish, and speaks English again. */
function inSpanish(check: () => void): void {
  setLanguage("es");
  try {
    check();
  } finally {
    setLanguage("en");
  }
}

test("a remembered language counts more than the browser's, and English is for all others", () => {
  assert.equal(choose(null, ["es-MX", "en"]), "es");
  assert.equal(choose(null, ["de-DE", "es", "en"]), "es");
  assert.equal(choose("en", ["es"]), "en");
  assert.equal(choose("klingon", ["fr"]), "en");
  assert.equal(choose(null, []), "en");
});

test("a change of language is told once, and only while somebody listens", () => {
  let told = 0;
  const end = onLanguage(() => told++);
  setLanguage("es");
  setLanguage("es");
  end();
  setLanguage("en");
  assert.equal(told, 1);
});

test("both languages say the same things", () => {
  const shape = (value: unknown): unknown =>
    typeof value === "object" && value !== null
      ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)]))
      : typeof value;
  for (const { en, es } of [shellWords, classifyWords, aboutWords]) assert.deepEqual(shape(en), shape(es));
});

test("numbers are written as people of each language read them", () => {
  assert.equal(percent(0.97312), "97.3\u00a0%");
  assert.equal(milliseconds(0.8234), "0.82\u00a0ms");
  assert.equal(milliseconds(1204.4), "1,204\u00a0ms");
  assert.equal(kilobytes(310_400), "310\u00a0kB");
  assert.equal(kilobytes(2_920_000), "2.9\u00a0MB");
  assert.equal(difference(2.98e-8), "3e-8");
  assert.equal(difference(0), "0");
  assert.deepEqual(
    [0, 2.98e-8, 0.0123, NaN].map((value) => scientific(value)),
    ["0", "3.0e-8", "1.2e-2", "NaN"],
  );
  inSpanish(() => {
    assert.equal(percent(0.97312), "97,3\u00a0%");
    assert.equal(scientific(8.94e-8), "8,9e-8");
    assert.equal(difference(8.94e-8), "9e-8");
  });
});

const PHOTO_ERRORS: [kind: PhotoError["kind"], what: string, en: RegExp, es: RegExp, message?: Told][] = [
  ["empty", "empty", /empty \(0 bytes\)/, /vacío \(0 bytes\)/],
  ["unsupported", "frame", /camera, to hinder tracking/, /para dificultar el rastreo/],
  ["unsupported", "cmyk", /Save it as RGB/, /Guárdela como RGB/],
  ["unsupported", "16-bit", /16 bits a channel/, /16 bits por canal/],
  ["unsupported", "heic", /HEIC.*Convert it to JPEG/, /HEIC.*Conviértala a JPEG/],
  ["unsupported", "avif", /AVIF/, /AVIF/],
  ["unsupported", "svg", /SVG/, /SVG/],
  ["unsupported", "tiff", /TIFF/, /TIFF/],
  ["unsupported", "pdf", /PDF/, /PDF/],
  ["unsupported", "text", /This is text/, /Es texto/],
  ["unsupported", "something new", /no photo that can be read/, /No es una foto/],
  [
    "corrupt",
    "png-crc",
    /damaged or was cut off \(chunk b'IDAT' does not match its checksum\)/,
    /dañado o cortado \(el bloque b'IDAT' no coincide con su suma de control\)/,
    told("photo.damaged-by", { reason: told("damage.checksum", { chunk: "b'IDAT'" }) }),
  ],
  [
    "too-large",
    "pixels",
    /too large \(9x9 is 100\.0 megapixels, the limit is 64\)\. Scale it down/,
    /demasiado grande \(9x9 son 100,0 megapíxeles, el límite son 64\)\. Redúzcala/,
    told("photo.pixels", { width: 9, height: 9, megapixels: 100, limit: 64 }),
  ],
  [
    "too-large",
    "side",
    /too large \(1x70000 has a side of more than 65,535 pixels\)/,
    /demasiado grande \(1x70000 tiene un lado de más de 65\.535 píxeles\)/,
    told("photo.side", { width: 1, height: 70000, limit: 65535 }),
  ],
  [
    "too-large",
    "parts",
    /too complex \(17 scans of 8000x8000\)\. Open it in an image editor/,
    /demasiado complejo \(17 pasadas de 8000x8000\)\. Ábralo en un editor/,
    told("photo.scans", { scans: 17, width: 8000, height: 8000 }),
  ],
  [
    "memory",
    "memory",
    /not enough memory/,
    /No hay memoria/,
    told("photo.memory-size", { width: 9, height: 9 }),
  ],
];

/** The message of a photo's error as it is thrown. */
function toldOf(what: string): Told {
  if (what in KINDS) return told("photo.kind", { kind: told(`kind.${what as Foreign}`) });
  const code = `photo.${what}`;
  return told(code in ENGLISH ? (code as Code) : "photo.unreadable");
}

for (const [kind, what, en, es, message = toldOf(what)] of PHOTO_ERRORS) {
  test(`a photo that is ${kind} (${what}) gets a sentence in both languages`, () => {
    const error = new PhotoError(kind, what, message);
    assert.match(sentence(error), en);
    inSpanish(() => assert.match(sentence(error), es));
  });
}

test("an error of the page names the file and says what to do", () => {
  const error = new RuntimeError(
    "tampered",
    told("engine.tampered", { file: "bundle/tfjs/fp32/model.json" }),
  );
  assert.match(
    sentence(error),
    /changed: bundle\/tfjs\/fp32\/model\.json\. Whoever runs this page must publish/,
  );
  inSpanish(() =>
    assert.match(sentence(error), /modificado: bundle\/tfjs\/fp32\/model\.json\. Quien publica/),
  );
  const missing = new RuntimeError("missing", told("engine.missing", { file: "page.json", status: 404 }));
  assert.match(sentence(missing), /missing: page\.json\./);
});

const missing = (file: string): Told => told("engine.missing", { file, status: 404 });

test("why a choice was not taken is said in Spanish too, and what is unknown is left as it is", () => {
  const texts = [
    [missing("x/model.json"), "x/model.json is missing (HTTP 404)", "falta x/model.json (HTTP 404)"],
    [
      told("engine.difference", { difference: 0.11, limit: 0.00001 }),
      "max difference 0.11, at most 0.00001 allowed",
      "diferencia máxima 0,11, se permite 0,00001",
    ],
    [
      told("engine.bytes", { count: 2, names: "a, b" }),
      "2 goldens become other bytes here than in Python: a, b",
      "2 goldens dan aquí otros bytes que en Python: a, b",
    ],
    [null, "something else", "something else"],
  ] as const;
  for (const [message, en, es] of texts) {
    assert.equal(reason({ reason: en, told: message }), en);
    inSpanish(() => assert.equal(reason({ reason: en, told: message }), es));
  }
  const start = told("engine.start", { choice: "TF.js wasm", reason: "no memory" });
  const failed = (message: Told): Reason => ({ reason: english(message), told: message });
  assert.match(cure([failed(missing("a"))], false) ?? "", /publish its folder again, whole/);
  assert.match(cure([failed(start)], true) ?? "", /Another browser may pass/);
  assert.equal(cure([failed(start)], false), null);
});

const CHOICES: Choice[] = [
  { runtime: "tfjs", backend: "wasm", variant: "fp32" },
  { runtime: "tfjs", backend: "webgl", variant: "fp32" },
  { runtime: "onnx", backend: "wasm", variant: "fp32" },
  { runtime: "onnx", backend: "wasm", variant: "int8" },
];

test("a choice that is not offered becomes the nearest one", () => {
  assert.deepEqual(fitting(CHOICES, { runtime: "onnx", backend: "webgl", variant: "int8" }), CHOICES[3]);
  assert.deepEqual(fitting(CHOICES, { runtime: "tfjs", backend: "webgl", variant: "int8" }), CHOICES[1]);
  assert.equal(choiceName(CHOICES[0] as Choice), "TF.js wasm fp32");
});

test("classes are ranked, the first of equals first", () => {
  assert.deepEqual(ranked(Float32Array.of(0.2, 0.4, 0.4)), [1, 2, 0]);
});

test("the table quotes what must be quoted and keeps every digit of a float32", () => {
  const base = { file: new Blob(), prepared: null, thumb: null, error: null };
  const probabilities = Float32Array.of(0.1, 0.9);
  const items: Item[] = [
    { ...base, id: 1, name: 'two "cats", one.jpg', state: "done", answer: { probabilities, ms: 1 } },
    { ...base, id: 2, name: "bad.jpg", state: "failed", answer: null, error: new Error("broken") },
    { ...base, id: 3, name: "late.jpg", state: "waiting", answer: null },
  ];
  const page = { labels: ["cats", "dogs"], threshold: null } as unknown as Page;
  const text = toCsv(items, page, (thrown) => (thrown as Error).message);
  const [head, first, second, ...rest] = text.split("\r\n");
  assert.equal(head, "name,label,probability,sure,cats,dogs,error");
  assert.equal(first, '"two ""cats"", one.jpg",dogs,0.899999976,,0.100000001,0.899999976,');
  assert.equal(second, "bad.jpg,,,,,,broken");
  assert.deepEqual(rest, [""]);
  const odd = { ...items[0], name: '=HYPERLINK("x")' } as Item;
  const signs = { ...page, labels: ["+cats", "-1"] } as unknown as Page;
  const [columns, run] = toCsv([odd], signs, String).split("\r\n");
  assert.equal(columns, "name,label,probability,sure,'+cats,-1,error");
  assert.match(run ?? "", /^"'=HYPERLINK\(""x""\)",/);
  assert.equal(Math.fround(0.899999976), probabilities[1]);
});

test("an answer counts from the threshold on, which is a float32 as the probabilities are", () => {
  const page = (threshold: number | null): Page =>
    ({ labels: ["cats", "dogs"], threshold }) as unknown as Page;
  const probabilities = Float32Array.of(0.1, 0.9);
  assert.ok(verdictOf(page(0.9), probabilities).sure, "fround(0.9) is a little less than 0.9");
  assert.equal(verdictOf(page(null), probabilities).text, "dogs");
  const unsure = verdictOf(page(0.9001), probabilities);
  assert.deepEqual([unsure.sure, unsure.text, unsure.best], [false, "not sure", 1]);
  inSpanish(() => assert.equal(verdictOf(page(0.9001), probabilities).text, "no está claro"));
  const item = {
    ...{ id: 1, name: "a.jpg", file: new Blob(), prepared: null, thumb: null, error: null, state: "done" },
    answer: { probabilities, ms: 1 },
  } as Item;
  const [, row] = toCsv([item], page(0.9001), String).split("\r\n");
  assert.equal(row, "a.jpg,,0.899999976,false,0.100000001,0.899999976,");
});

test("an address of a picture is told from other text", () => {
  for (const text of [
    "https://x.org/a.jpg",
    " http://x.org/a \n",
    "data:image/png;base64,AA",
    '<img alt="" src="x.png">',
  ]) {
    assert.ok(isAddress(text), text);
  }
  for (const text of ["", "a cat", "see https://x.org"]) assert.ok(!isAddress(text), text);
});

test("frames a second are those of the last second and a half", () => {
  const meter = new Meter();
  assert.equal(meter.tick(0), null);
  assert.equal(meter.tick(100), 10);
  let rate: number | null = null;
  for (let now = 5000; now <= 7000; now += 50) rate = meter.tick(now);
  assert.equal(rate, 20);
});
