// transformers.js on local files: node transformers.mjs '{"folder": ..., "dtype": ..., "photos": [...]}'
import path from "node:path";
import { env, pipeline } from "@huggingface/transformers";

const { folder, dtype, photos } = JSON.parse(process.argv[2]);
env.allowRemoteModels = false;
env.localModelPath = path.dirname(folder) + path.sep;

const options = dtype ? { dtype } : {};
const classify = await pipeline("image-classification", path.basename(folder), options);
const answers = [];
for (const photo of photos) {
  const rows = await classify(photo, { top_k: null });
  answers.push(rows.map(({ label, score }) => [label, score]));
}
console.log(JSON.stringify(answers));
