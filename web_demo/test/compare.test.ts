import assert from "node:assert/strict";
import { test } from "node:test";

import { columns, sorted } from "../src/app/compare/columns";
import { Comparison, type Row } from "../src/app/compare/comparison";
import { sum, union } from "../src/app/compare/cost";
import { median } from "../src/app/compare/measure";
import { csv, markdown } from "../src/app/compare/share";
import type { Subject } from "../src/app/compare/subject";
import { words } from "../src/app/compare/words";
import type { Photos } from "../src/engine/photos";
import type { Page } from "../src/page";

const LABELS = ["cats", 'dogs, "big" | small'];

function row(name: string, warm: number | null, probabilities = [0.25, 0.75]): Row {
  const [runtime, backend, variant] = name.split("/") as [Row["choice"]["runtime"], string, string];
  const verification = {
    ...{
      passed: true,
      images: 24,
      maxDifference: 3e-8,
      expectedDifference: null,
      labelChanges: 0,
      tolerance: 1e-5,
      reason: null,
      told: null,
    },
    ...{ attribution: null, proof: { jpeg: true, webp: true, canvas: true }, ms: 5 },
  };
  const answer = warm === null ? null : { probabilities: Float32Array.from(probabilities), warm, runs: 30 };
  const measured = answer && { version: "1.2", threads: 1, verification, cold: 100, bytes: 2000, answer };
  const files = new Map([
    ["model", 1000],
    ["runtime", 5000],
  ]);
  return {
    ...{
      choice: { runtime, backend, variant },
      name,
      files,
      accuracy: 0.9,
      stage: null,
      share: 0,
      measured,
      reason: null,
    },
  };
}

const ROWS = [
  row("tfjs/wasm/fp32", 2),
  row("onnx/wasm/fp32", null),
  row("litert/wasm/int8", 0.5, [0.9, 0.1]),
];
const PAGE = { name: "pets", gemelo: "0", labels: LABELS } as unknown as Page;
const OF = {
  rows: ROWS,
  subject: { name: "photo.png", sha256: "ab" },
  reference: { from: "keras", probabilities: [0.25, 0.75] },
  difference: ({ measured }: Row) => (measured === null ? null : 0.5),
} as unknown as Comparison;

test("what is asked for before there is a photo waits for it, or is canceled", async () => {
  const page = { ...PAGE, base: "", runtimes: [], artifacts: [], reference: null } as unknown as Page;
  const asked = (): [Comparison, Row, Promise<void>] => {
    const [of, wanted] = [new Comparison(page), row("tfjs/wasm/fp32", null)];
    return [of, wanted, of.run([wanted], {} as Photos, "too long")];
  };
  const [of, wanted, done] = asked();
  assert.equal(wanted.stage, "waiting");
  of.setSubject({ name: "photo.png", sha256: "ab", golden: null, tensor: new Uint8Array(3) } as Subject);
  await done;
  assert.equal(wanted.stage, null);
  assert.notEqual(wanted.reason, null, "it was tried, on a page that has no artifacts");

  const [other, canceled, ended] = asked();
  other.cancel();
  await ended;
  assert.deepEqual([canceled.stage, canceled.reason, other.running], [null, null, null]);
  assert.deepEqual(other.stopped, { done: 0, total: 1 });
});

test("rows without a value come last, whichever way the others go", () => {
  const column = columns(LABELS).find(({ id }) => id === "warm")!;
  const names = (up: boolean): string[] => sorted(ROWS, OF, column, up).map(({ name }) => name);
  assert.deepEqual(names(true), ["litert/wasm/int8", "tfjs/wasm/fp32", "onnx/wasm/fp32"]);
  assert.deepEqual(names(false), ["tfjs/wasm/fp32", "litert/wasm/int8", "onnx/wasm/fp32"]);
});

test("what two artifacts share is loaded once, and what was loaded not again", () => {
  const all = union([ROWS[0]!.files, ROWS[1]!.files, new Map([["other", 7]])], new Set(["model"]));
  assert.equal(sum(all), 5007);
});

test("the median of an even count is between the middle two", () => {
  assert.equal(median([4, 1, 3]), 3);
  assert.equal(median([4, 1, 3, 2]), 2.5);
});

test("labels with commas, quotes and bars leave CSV and Markdown whole", () => {
  const lines = csv(PAGE, OF, ROWS).split("\r\n");
  assert.equal(lines.length, 5);
  assert.equal(
    lines[0]!.split(",").slice(0, 8).join(),
    "photo,runtime,version,backend,variant,threads,label,cats",
  );
  assert.ok(lines[0]!.includes(',label,cats,"dogs, ""big"" | small",difference,'));
  assert.ok(lines[1]!.startsWith("photo.png,tfjs,1.2,wasm,fp32,1,"));
  assert.ok(lines[1]!.includes(',"dogs, ""big"" | small",0.25,0.75,0.5,'));
  assert.ok(lines[2]!.startsWith("photo.png,onnx,,wasm,fp32,,,,,"));
  const cells = markdown(PAGE, OF, ROWS).split("\n").slice(2, 7);
  for (const line of cells) assert.equal(line.replaceAll("\\|", "").split("|").length, 11, line);
});

test("a label that a spreadsheet would take for a formula is text", () => {
  const text = csv({ ...PAGE, labels: ["=1+1", "b"] }, OF, [ROWS[2]!]);
  assert.ok(text.includes(",'=1+1,"));
});

test("both languages say the same things", () => {
  const shape = (value: object): unknown =>
    Object.fromEntries(
      Object.entries(value).map(([key, said]) => [key, typeof said === "object" ? shape(said) : typeof said]),
    );
  assert.deepEqual(shape(words.es), shape(words.en));
});
