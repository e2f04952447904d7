"""Code to copy. It runs as it is shown: tests run it."""

from gemelo import runtimes
from gemelo.store.bundle import Artifact, Bundle
from gemelo.webpage.samples import drawings_fit

from .archives import slug, wheel_name

SAMPLE = "samples/cat-1.webp"
INSTALL_PLAIN = "pip install onnxruntime numpy pillow"


def install(artifact: Artifact) -> str:
    """What the code with gemelo needs, beside the wheel."""
    extra = runtimes.get(artifact.format).EXTRA
    return f"pip install './{wheel_name()}{f'[{extra}]' if extra else ''}'"


def python(bundle: Bundle, artifact: Artifact) -> str:
    """With gemelo, beside the unzipped bundle."""
    which = "" if artifact.name == "onnx/fp32" else f', "{artifact.format}", "{artifact.variant}"'
    return f'''import sys

import gemelo

with gemelo.load("{slug(bundle.name)}"{which}) as classifier:
    for photo in sys.argv[1:] or ["{_golden(bundle)}"]:
        best = classifier.predict(photo)[0]
        print(f"{{photo}}: {{best.label}} {{best.probability:.4f}}")
'''


def onnxruntime(bundle: Bundle) -> str | None:
    """Without gemelo; None where the preprocessing is more than a few lines."""
    preprocessing = bundle.preprocessing
    path = next((a.path for a in bundle.artifacts if a.name == "onnx/fp32"), None)
    if path is None or preprocessing.way != "squash, pillow-bilinear" or preprocessing.channels != 3:
        return None
    return f'''import json
import os
import sys

import numpy as np
from PIL import Image, ImageOps

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # or onnxruntime reports every session to its maker
import onnxruntime

session = onnxruntime.InferenceSession("{slug(bundle.name)}/{path}", providers=["CPUExecutionProvider"])
labels = json.loads(session.get_modelmeta().custom_metadata_map["labels"])

name = sys.argv[1] if len(sys.argv) > 1 else "{_golden(bundle)}"
photo = ImageOps.exif_transpose(Image.open(name)).convert("RGB")
width, height = {preprocessing.width}, {preprocessing.height}
bilinear = Image.Resampling.BILINEAR
photo = photo.resize((width, photo.height), bilinear).resize((width, height), bilinear)
image = np.asarray(photo, np.float32)[np.newaxis]  # 0 to 255: the scaling is inside the model

probabilities = session.run(["probabilities"], {{session.get_inputs()[0].name: image}})[0][0]
best = int(probabilities.argmax())
print(f"{{name}}: {{labels[best]}} {{probabilities[best]:.4f}}")
'''


def javascript(bundle: Bundle) -> str:
    """A page beside the unzipped page's gemelo.js, which begins with a drawing if the page has them."""
    drawing = f'\n  await show(await (await fetch("./{SAMPLE}")).blob());' if drawings_fit(bundle.labels) else ""
    return f"""<!doctype html>
<meta charset="utf-8">
<title>try</title>
<input type="file" accept="image/*">
<p id="answer">loading</p>
<script type="module">
  import {{ load }} from "./gemelo.js";

  const classifier = await load(); // fetches the model and verifies it on this machine
  const show = async (photo) => {{
    let text;
    try {{
      const {{ label, probability }} = await classifier.classify(photo);
      text = `${{label}} ${{probability.toFixed(4)}}`;
    }} catch (error) {{
      text = `This photo cannot be read: ${{error.message}}`;
    }}
    document.querySelector("#answer").textContent = text;
  }};
  document.querySelector("#answer").textContent = "choose a photo";
  document.querySelector("input").onchange = ({{ target }}) => target.files[0] && show(target.files[0]);{drawing}
</script>
"""


def _golden(bundle: Bundle) -> str:
    return f"{slug(bundle.name)}/{bundle.reference.goldens[0].path}"
