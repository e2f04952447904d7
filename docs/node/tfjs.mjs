// node tfjs.mjs BUNDLE PHOTO [VARIANT]          first: npm install @tensorflow/tfjs @tensorflow/tfjs-backend-wasm sharp
import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import sharp from "sharp";

const [bundle, photo, variant] = process.argv.slice(2);
const { artifacts } = JSON.parse(await readFile(path.join(bundle, "manifest.json"), "utf8"));
const found = artifacts.find((a) => a.format === "tfjs" && (!variant || a.variant === variant));
const wasm = createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm");
setWasmPaths(path.dirname(wasm) + path.sep);
await tf.setBackend("wasm");

// TF.js fetches models by URL; from a disk it is handed the parts of model.json.
const read = (name) => readFile(path.join(bundle, path.dirname(found.path), name));
const { weightsManifest, userDefinedMetadata, ...json } = JSON.parse(await read("model.json"));
const weightSpecs = weightsManifest.flatMap((group) => group.weights);
const files = await Promise.all(weightsManifest.flatMap((group) => group.paths).map(read));
const weightData = new Uint8Array(Buffer.concat(files)).buffer;
const model = await tf.loadGraphModel({ load: () => ({ ...json, weightSpecs, weightData }) });

// The photo: upright, over white, at the network's size, 0-255.
const { labels, preprocessing: { width, height, fit: how } } = userDefinedMetadata;
const fit = { squash: "fill", crop: "cover", pad: "contain" }[how];
const upright = sharp(photo).autoOrient().flatten({ background: "white" }).toColorspace("srgb");
const pixels = await upright.resize(width, height, { fit, kernel: "linear" }).raw().toBuffer();

const probabilities = model.predict(tf.tensor(Float32Array.from(pixels), [1, height, width, 3])).dataSync();
const answer = labels.map((label, index) => ({ label, probability: probabilities[index] }));
console.log(JSON.stringify(answer.sort((a, b) => b.probability - a.probability)));
