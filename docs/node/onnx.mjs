// node onnx.mjs BUNDLE PHOTO [VARIANT]          first: npm install onnxruntime-node sharp
import ort from "onnxruntime-node";
import { readFile } from "node:fs/promises";
import sharp from "sharp";

const [bundle, photo, variant] = process.argv.slice(2);
const { labels, preprocessing, artifacts } = JSON.parse(await readFile(`${bundle}/manifest.json`, "utf8"));
const { path } = artifacts.find((a) => a.format === "onnx" && (!variant || a.variant === variant));
const { width, height, fit: how } = preprocessing;

// The photo: upright, over white, at the network's size, 0-255.
const fit = { squash: "fill", crop: "cover", pad: "contain" }[how];
const upright = sharp(photo).autoOrient().flatten({ background: "white" }).toColorspace("srgb");
const pixels = await upright.resize(width, height, { fit, kernel: "linear" }).raw().toBuffer();

const session = await ort.InferenceSession.create(`${bundle}/${path}`);
const image = new ort.Tensor("float32", Float32Array.from(pixels), [1, height, width, 3]);
const { probabilities } = await session.run({ image });

const answer = labels.map((label, index) => ({ label, probability: probabilities.data[index] }));
console.log(JSON.stringify(answer.sort((a, b) => b.probability - a.probability)));
