// Today's TF.js on a layers model from disk: node layers.mjs '{"folder": ..., "photos": [...]}'
import { readFile } from "node:fs/promises";
import path from "node:path";
import * as tf from "@tensorflow/tfjs";
import sharp from "sharp";

const { folder, photos } = JSON.parse(process.argv[2]);
const read = (name) => readFile(path.join(folder, name));
const { modelTopology, weightsManifest } = JSON.parse(await read("model.json"));
const { labels } = JSON.parse(await read("metadata.json"));
const [{ paths, weights: weightSpecs }] = weightsManifest;
const weightData = new Uint8Array(await read(paths[0])).buffer;
const model = await tf.loadLayersModel({ load: async () => ({ modelTopology, weightSpecs, weightData }) });

const answers = [];
for (const photo of photos) {
  const { data, info } = await sharp(photo).raw().toBuffer({ resolveWithObject: true });
  const image = tf.tensor(Float32Array.from(data), [1, info.height, info.width, 3]);
  const probabilities = model.predict(image.div(127).sub(1)).dataSync();
  answers.push(labels.map((label, index) => [label, probabilities[index]]));
}
console.log(JSON.stringify(answers));
