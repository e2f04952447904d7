import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { colorOf, ink, luminance, paint, palette, parse } from "../src/app/inside/draw/colors";
import { en } from "../src/app/inside/en";
import { es } from "../src/app/inside/es";
import { count, factor, number, short, size, sumOf, tiny } from "../src/app/inside/format";
import { divisor, parameters, source } from "../src/app/inside/keras";
import { Memory } from "../src/app/inside/memory";
import { stepsOf } from "../src/app/inside/steps";
import { Trace } from "../src/app/inside/trace";
import { reasonIn } from "../src/app/shell/errors";
import { setLanguage } from "../src/app/shell/i18n";
import { english, told } from "../src/messages/message";
import type { Layer, Layers, LayerOutput } from "../src/engine/inside";
import type { Page } from "../src/page";

afterEach(() => setLanguage("en"));
setLanguage("en");

const PAGE = {
  preprocessing: { width: 64, height: 64, channels: 3, fit: "squash", filter: "pillow-bilinear" },
  labels: ["cats", "dogs"],
} as unknown as Page;

function layer(type: string, shape: number[], change: Partial<Layer> = {}): Layer {
  const none = { activation: null, kernel: null, bias: null, strides: null, padding: null, pool: null };
  return { name: type.toLowerCase(), of: type, ...none, scale: null, offset: null, type, shape, ...change };
}

const convolution = (name: string, shape: number[], channels: number, change: Partial<Layer> = {}): Layer =>
  layer("Conv2D", shape, {
    ...{ name, strides: [3, 3], padding: "valid" },
    kernel: { name: `${name}/kernel`, shape: [3, 3, channels, shape[2]!] },
    bias: { name: `${name}/bias`, shape: [shape[2]!] },
    ...change,
  });
const relu = (name: string, shape: number[]): Layer =>
  layer("Activation", shape, { name, activation: "relu" });
const pool = (name: string, shape: number[]): Layer =>
  layer("MaxPooling2D", shape, { name, pool: [2, 2], strides: [2, 2], padding: "valid" });
const dense = (name: string, inputs: number, units: number): Layer =>
  layer("Dense", [units], { name, kernel: { name: `${name}/kernel`, shape: [inputs, units] } });

const LECTURE: Layers = {
  ...({
    schema: 1,
    onnx: null,
    chain: true,
    reason: null,
    tfjs: "layers/tfjs/model.json",
    cam: null,
  } as const),
  layers: [
    layer("Rescaling", [64, 64, 3], { scale: 1 / 255, offset: 0 }),
    convolution("conv2d", [21, 21, 32], 3),
    relu("conv2d_relu", [21, 21, 32]),
    pool("pool", [10, 10, 32]),
    convolution("conv2d_1", [3, 3, 32], 32),
    relu("conv2d_1_relu", [3, 3, 32]),
    pool("pool_1", [1, 1, 32]),
    layer("Flatten", [32]),
    dense("dense", 32, 128),
    relu("dense_relu", [128]),
    dense("logits", 128, 2),
    layer("Activation", [2], { name: "probabilities", activation: "sigmoid" }),
  ],
};

test("the lecture's network is told in sixteen steps, with their shapes", () => {
  const steps = stepsOf(PAGE, LECTURE);
  assert.deepEqual(
    steps.map(({ title, shape }) => `${title} | ${shape}`.replaceAll("\u00a0", "")),
    [
      "The photo | 64×64×3",
      "The photo as numbers | 64×64×3",
      "Convolution 1 | 21×21×32",
      "The 32 feature maps | 21×21×32",
      "ReLU: nothing below zero | 21×21×32",
      "Max-pooling 1, 2×2 | 10×10×32",
      "Convolution 2 | 3×3×32",
      "The 32 feature maps | 3×3×32",
      "ReLU: nothing below zero | 3×3×32",
      "Max-pooling 2, 2×2 | 1×1×32",
      "Flatten | 32",
      "Dense 1 | 128",
      "ReLU: nothing below zero | 128",
      "Dense 2 | 2",
      "The output | 2",
      "What decided? | ",
    ],
  );
  assert.deepEqual(
    steps.map(({ answers }) => answers),
    [...Array<boolean>(14).fill(false), true, true],
  );
});

test("the same in Spanish", () => {
  setLanguage("es");
  const titles = stepsOf(PAGE, LECTURE).map(({ title }) => title);
  assert.deepEqual(titles.slice(0, 4), [
    "La foto",
    "La foto como números",
    "Convolución 1",
    "Los 32 mapas de características",
  ]);
  assert.equal(titles.at(-1), "¿Qué decidió?");
});

test("layers of types and forms that nobody knows are shown in general, and none is left out", () => {
  const network: Layers = {
    ...LECTURE,
    layers: [
      layer("ZeroPadding2D", [66, 66, 3]),
      convolution("dilated", [64, 64, 8], 3, { strides: null }),
      layer("LayerNormalization", [64, 64, 8]),
      layer("DepthwiseConv2D", [62, 62, 8], {
        ...{ strides: [1, 1], padding: "valid", kernel: { name: "k", shape: [3, 3, 8, 1] } },
      }),
      layer("GlobalAveragePooling2D", [8]),
      layer("Dense", [4], { kernel: null }),
      layer("Activation", [2], { name: "probabilities", activation: "softmax" }),
    ],
  };
  const titles = stepsOf(PAGE, network).map(({ title }) => title);
  assert.deepEqual(titles, [
    ...["The photo", "The photo as numbers", "ZeroPadding2D", "Conv2D", "LayerNormalization"],
    ...["Depthwise convolution", "The 8 feature maps", "Global average pooling", "Dense", "The output"],
    "What decided?",
  ]);
});

test("a network that is no chain shows what it can, and one without layers too", () => {
  const forked: Layers = {
    ...({
      schema: 1,
      onnx: null,
      chain: false,
      reason: "conv is read by two layers: this network is no plain chain",
      tfjs: "x",
    } as const),
    layers: [relu("top", [4, 4, 88]), layer("Activation", [2], { name: "probabilities" })],
    cam: { features: "top", kernel: { name: "k", shape: [88, 2] }, bias: null },
  };
  const titles = (network: Layers | null): string[] => stepsOf(PAGE, network).map(({ title }) => title);
  assert.deepEqual(titles(forked), [
    ...["The photo", "The photo as numbers", "The 88 feature maps", "What decided?"],
  ]);
  assert.deepEqual(titles({ ...forked, cam: null, layers: [] }).length, 3);
  assert.deepEqual(titles(null), ["The photo", "The photo as numbers", "What decided?"]);
});

test("layers as lines of Keras, and their parameters counted", () => {
  const lines = LECTURE.layers.map(source);
  assert.deepEqual(lines.slice(0, 4), [
    "Rescaling(1/255)",
    "Conv2D(32, (3, 3), strides=(3, 3))",
    'Activation("relu")',
    "MaxPooling2D((2, 2))",
  ]);
  assert.equal(lines[7], "Flatten()");
  assert.equal(lines[8], "Dense(128)");
  assert.equal(
    source(convolution("c", [8, 8, 4], 1, { strides: [1, 1], padding: "same" })),
    'Conv2D(4, (3, 3), padding="same")',
  );
  assert.equal(
    source(layer("Rescaling", [1], { scale: 1 / 128, offset: -1 })),
    "Rescaling(1/128, offset=-1)",
  );
  assert.equal(source(layer("Rescaling", [1], { scale: 2.5, offset: 0 })), "Rescaling(2.5)");
  assert.equal(
    source(layer("MaxPooling2D", [1], { pool: [3, 3], strides: [2, 2] })),
    "MaxPooling2D((3, 3), strides=(2, 2))",
  );
  assert.equal(source(layer("GRU", [1])), "GRU()");
  const learned = (one: Layer): string | null => parameters(one)?.replaceAll("\u00a0", " ") ?? null;
  assert.equal(learned(LECTURE.layers[1]!), "3 × 3 × 3 × 32 + 32 = 896");
  assert.equal(learned(dense("d", 128, 2)), "128 × 2 = 256");
  assert.equal(learned(LECTURE.layers[2]!), null);
  assert.equal(divisor(0.00392156862745098), 255);
  assert.equal(divisor(0.7), null);
});

test("numbers are written as students write them, in either language", () => {
  assert.equal(number(-0.12345), "\u22120.1235");
  assert.equal(number(-0.00001), "0.0000");
  assert.equal(number(Infinity), "∞");
  assert.equal(factor(-2, 1), "(\u22122.0)");
  assert.equal(factor(2, 1), "2.0");
  assert.deepEqual([183, -7, 0.7176, 12.345, 345.67].map(short), [
    "183",
    "\u22127",
    "0.718",
    "12.35",
    "345.7",
  ]);
  assert.equal(count(14112), "14,112");
  assert.equal(size([21, 21, 32]), "21\u00a0×\u00a021\u00a0×\u00a032");
  assert.deepEqual([0, 6.04e-8, -1.23e-7, 20].map(tiny), ["0", "6.0e-8", "1.2e-7", "2.0e1"]);
  assert.deepEqual(sumOf(["1", "2", "3"]), ["1 +", "2 +", "3"]);
  setLanguage("es");
  assert.equal(number(-0.12345), "\u22120,1235");
  assert.equal(count(14112), "14.112");
  assert.equal(count(1234), "1.234");
  assert.equal(tiny(6.04e-8), "6,0e-8");
});

test("colors: blue below zero, orange above, and ink that can be read on any of them", () => {
  const colors = { negative: parse("#1f6fc4"), zero: parse("#ffffff"), positive: parse("#d96a00") };
  assert.deepEqual(colorOf(colors, -3, 3), [31, 111, 196]);
  assert.deepEqual(colorOf(colors, 9, 3), [217, 106, 0]);
  assert.deepEqual(colorOf(colors, 0, 3), [255, 255, 255]);
  assert.deepEqual(colorOf(colors, 5, 0), [255, 255, 255]);
  const contrast = (a: number, b: number): number => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  for (let i = 0; i < 4096; i++) {
    const color = [(i >> 8) * 17, ((i >> 4) & 15) * 17, (i & 15) * 17] as const;
    assert.ok(contrast(luminance(color), ink(color) === "#000" ? 0 : 1) >= 4.5, String(color));
  }
  const pixels = new Uint32Array(3);
  paint(pixels, [9, -2, 9, 0, 9, 2], { first: 1, step: 2, limit: 2 }, palette(colors));
  const bytes = new Uint8Array(pixels.buffer);
  assert.deepEqual([...bytes], [31, 111, 196, 255, 255, 255, 255, 255, 217, 106, 0, 255]);
});

test("maps that belong together share the chosen number; until one is chosen it is the liveliest", () => {
  const shapes = { conv2d: [21, 21, 32], conv2d_relu: [21, 21, 32], pool: [10, 10, 32] };
  const outputs: LayerOutput[] = Object.entries(shapes).map(([name, shape]) => {
    const data = new Float32Array(shape.reduce((all, n) => all * n, 1));
    data[32 + 9] = 1;
    return { name, shape, data };
  });
  const asked: string[] = [];
  const trace = new Trace(
    LECTURE,
    { shape: [64, 64, 3], data: new Float32Array(12288) },
    outputs,
    async (name) => {
      asked.push(name);
      return { shape: [], data: new Float32Array() };
    },
  );
  assert.deepEqual(
    [1, 2, 3].map((i) => trace.family(i)),
    ["conv2d", "conv2d", "conv2d"],
  );
  const room = (index: number) => ({ trace, index, output: trace.output(index) }) as never;
  const memory = new Memory();
  assert.equal(memory.channel(room(3)), 9);
  memory.setChannel(room(2), 20);
  assert.deepEqual(
    [1, 2, 3].map((i) => memory.channel(room(i))),
    [20, 20, 20],
  );
  assert.deepEqual(memory.place("x", 21, 10), [10, 5]);
  memory.setPlace("x", [30, 4]);
  assert.deepEqual(memory.place("x", 21, 10), [20, 4]);
  void trace.weight({ name: "conv2d/kernel", shape: [] });
  void trace.weight({ name: "conv2d/kernel", shape: [] });
  assert.deepEqual(asked, ["conv2d/kernel"]);
  assert.throws(() => trace.named("nobody"), /no output nobody/);
  assert.throws(() => trace.row(99), /no layer 99/);
});

test("the exporter's reasons are said in Spanish too", () => {
  const forked = told("layers.fork-no-map", { layer: "re_lu", count: 2 });
  assert.match(
    reasonIn(english(forked), forked),
    /^re_lu is read by 2 layers: this network is no plain chain, and/,
  );
  setLanguage("es");
  assert.match(
    reasonIn(english(forked), forked),
    /^2 capas leen la salida de re_lu, .*, y no termina en global/,
  );
  const another = { code: "of.another-gemelo", parameters: {} };
  assert.equal(reasonIn("something else", another), "something else");
  assert.equal(reasonIn("something else", null), "something else");
});

test("every sentence is there in both languages, and none is the other's", () => {
  const same = new Set(["steps", "kernel", "title", "max", "average", "speeds.normal"]);
  const walk = (one: unknown, other: unknown, path: string): void => {
    assert.equal(typeof other, typeof one, path);
    if (typeof one === "string" && one.length > 15) assert.notEqual(one, other, path);
    if (typeof one !== "object" || one === null) return;
    assert.deepEqual(Object.keys(other as object).sort(), Object.keys(one).sort(), path);
    for (const key of Object.keys(one)) {
      if (!same.has(key)) walk((one as never)[key], (other as never)[key], `${path}.${key}`);
    }
  };
  walk(en, es, "words");
});
