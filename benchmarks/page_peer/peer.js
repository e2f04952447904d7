// A page as TF.js's own guides write it: tf.min.js, loadGraphModel, fromPixels, resizeBilinear. `#cpu` chooses that
// backend; without it TF.js takes the one that it prefers.
const ready = (async () => {
  if (location.hash === "#cpu") await tf.setBackend("cpu");
  return tf.loadGraphModel("model.json");
})();

const photo = document.getElementById("photo");

async function answer() {
  const [file] = photo.files;
  if (file === undefined) return;
  const [model, image] = await Promise.all([ready, createImageBitmap(file)]);
  const [, height, width] = model.inputs[0].shape;
  const output = tf.tidy(() => {
    const pixels = tf.browser.fromPixels(image).resizeBilinear([height, width]);
    return model.predict(pixels.toFloat().expandDims(0));
  });
  const probabilities = await output.data();
  document.getElementById("answer").textContent = `${tf.getBackend()}: ${probabilities.join(" ")}`;
}

photo.addEventListener("change", answer);
answer();
