import assert from "node:assert/strict";
import { test } from "node:test";

import { onnxLabels, tfliteLabels } from "../src/runtimes/labels";

const utf8 = (text: string): number[] => [...new TextEncoder().encode(text)];
const buffer = (bytes: number[]): ArrayBuffer => Uint8Array.from(bytes).buffer;
const little = (value: number, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, i) => (value >>> (8 * i)) & 0xff);

/** A protobuf field with a length. */
function field(number: number, content: number[]): number[] {
  const length = content.length;
  return [(number << 3) | 2, ...(length < 128 ? [length] : [(length & 127) | 128, length >> 7]), ...content];
}

const property = (key: string, value: string): number[] =>
  field(14, [...field(1, utf8(key)), ...field(2, utf8(value))]);

// ir_version, a graph of 300 bytes, a fixed64 and a fixed32, then the properties.
const MODEL = [
  ...[0x08, 0x88, 0x01],
  ...field(7, Array<number>(300).fill(0xff)),
  ...[0x19, ...Array<number>(8).fill(0x72)],
  ...[0x25, ...Array<number>(4).fill(0x72)],
  ...property("gemelo", "{}"),
  ...property("labels", '["años", "dogs"]'),
];

/** What Python's zipfile appends, stored: one member, its directory, its end. */
function zipped(model: number[], name: string, content: string): number[] {
  const [title, data] = [utf8(name), utf8(content)];
  const local = [...little(0x04034b50, 4), ...Array<number>(22).fill(0), ...little(title.length, 2), 0, 0];
  const at = model.length + local.length + title.length + data.length;
  const entry = [
    ...little(0x02014b50, 4),
    ...Array<number>(16).fill(0),
    ...little(data.length, 4),
    ...little(data.length, 4),
    ...little(title.length, 2),
    ...Array<number>(12).fill(0),
    ...little(model.length, 4),
    ...title,
  ];
  const end = [
    ...little(0x06054b50, 4),
    ...Array<number>(8).fill(0),
    ...little(entry.length, 4),
    ...little(at, 4),
  ];
  return [...model, ...local, ...title, ...data, ...entry, ...end, 0, 0];
}

const TFLITE = zipped(Array<number>(64).fill(7), "gemelo.json", '{"labels": ["cats", "dogs"]}');

test("labels of ONNX", () => assert.deepEqual(onnxLabels(buffer(MODEL)), ["años", "dogs"]));

test("labels of TFLite", () => assert.deepEqual(tfliteLabels(buffer(TFLITE)), ["cats", "dogs"]));

test("no labels where there are none, or they are none", () => {
  assert.equal(onnxLabels(buffer(MODEL.slice(0, 330))), null);
  for (const text of ["[1, 2]", "{}", "nonsense"]) {
    assert.equal(onnxLabels(buffer(property("labels", text))), null);
    assert.equal(tfliteLabels(buffer(zipped([1], "gemelo.json", text))), null);
  }
  assert.equal(tfliteLabels(buffer(zipped([1], "labels.txt", "cats"))), null);
});

test("a file cut anywhere, or with any byte changed, is read to its end", () => {
  for (const [bytes, read] of [[MODEL, onnxLabels] as const, [TFLITE, tfliteLabels] as const]) {
    for (let at = 0; at < bytes.length; at++) {
      read(buffer(bytes.slice(0, at)));
      read(buffer(bytes.map((byte, i) => (i === at ? byte ^ 0xff : byte))));
    }
  }
});
