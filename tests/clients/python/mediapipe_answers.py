"""MediaPipe Tasks' ImageClassifier: python mediapipe_answers.py '{"model": ..., "photos": [...]}'."""

import json
import sys

import mediapipe as mp
import numpy as np
from mediapipe.tasks.python import BaseOptions
from mediapipe.tasks.python.vision import ImageClassifier, ImageClassifierOptions
from PIL import Image

question = json.loads(sys.argv[1])
options = ImageClassifierOptions(base_options=BaseOptions(model_asset_path=question["model"]))
answers = []
with ImageClassifier.create_from_options(options) as classifier:
    for photo in question["photos"]:
        with Image.open(photo) as image:
            pixels = np.ascontiguousarray(image.convert("RGB"))
        [head] = classifier.classify(mp.Image(image_format=mp.ImageFormat.SRGB, data=pixels)).classifications
        answers.append([(row.category_name, row.score) for row in head.categories])
print(json.dumps(answers))
