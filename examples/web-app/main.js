import { load } from "gemelo-pets";

const [input, status, answer] = ["input", "#status", "#answer"].map((found) => document.querySelector(found));
const wanted = new URLSearchParams(location.search).get("runtime") ?? undefined; // ?runtime=onnx

/** Fetches the model, and tests it on this machine before it may answer. */
async function start() {
  const classifier = await load({ base: new URL("models/pets/", document.baseURI), runtime: wanted });
  const { images, maxDifference } = classifier.verification;
  const { runtime, backend, variant } = classifier.choice;
  status.textContent = `Verified by ${images} images (${maxDifference.toExponential(1)}): ${runtime} ${backend} ${variant}`;
  input.disabled = false;
  input.onchange = () => classify(classifier, input.files[0]);
}

async function classify(classifier, photo) {
  answer.value = answer.textContent = "";
  const found = await classifier.classify(photo).catch((error) => error); // a PhotoError says why it cannot be read
  if (photo !== input.files[0]) return; // another photo was chosen meanwhile
  if (found instanceof Error) return void (answer.textContent = found.message);
  const { label, probability, sure } = found;
  answer.value = probability;
  answer.textContent = sure ? `${label}, ${(100 * probability).toFixed(1)} %` : "not sure";
}

start().catch(({ message }) => (status.textContent = message));
