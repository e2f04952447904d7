"""How owners of models read their photos: each with the library's own calls, none of gemelo's.

Every reader takes a path and a side in pixels, and gives float32 (side, side, channels), 0 to 255, in the order of
channels that its library has.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

Array: TypeAlias = NDArray[np.float32]
Reader: TypeAlias = Callable[..., Array]  # (path, side)


def _load_img(path: Path, side: int, interpolation: str, **options: Any) -> Array:
    from keras.utils import img_to_array, load_img

    image = load_img(path, target_size=(side, side), interpolation=interpolation, **options)
    return np.asarray(img_to_array(image), np.float32)


def load_img(path: Path, side: int) -> Array:
    """`flow_from_directory`, `load_img`: Pillow's nearest."""
    return _load_img(path, side, "nearest")


def load_img_bilinear(path: Path, side: int) -> Array:
    """`load_img(interpolation="bilinear")`."""
    return _load_img(path, side, "bilinear")


def load_img_bicubic(path: Path, side: int) -> Array:
    """`load_img(interpolation="bicubic")`."""
    return _load_img(path, side, "bicubic")


def load_img_grey(path: Path, side: int) -> Array:
    """`load_img(color_mode="grayscale")`."""
    return _load_img(path, side, "nearest", color_mode="grayscale")


def _tensorflow(path: Path, *, accurate: bool) -> Any:
    """TensorFlow's decoder, whose default is quick; the accurate one gives Pillow's bytes."""
    import tensorflow as tf

    if accurate:
        return tf.constant(np.asarray(Image.open(path).convert("RGB")))
    return tf.io.decode_image(path.read_bytes(), channels=3, expand_animations=False)


def image_dataset(path: Path, side: int, *, accurate: bool = False) -> Array:
    """`image_dataset_from_directory`: TensorFlow's decoder and bilinear, floats that are not rounded."""
    import tensorflow as tf

    return np.asarray(tf.image.resize(_tensorflow(path, accurate=accurate), (side, side)), np.float32)


def image_dataset_crop(path: Path, side: int, *, accurate: bool = False) -> Array:
    """`image_dataset_from_directory(crop_to_aspect_ratio=True)`."""
    import tensorflow as tf
    from keras.layers import Resizing

    image = tf.cast(_tensorflow(path, accurate=accurate), tf.float32)
    return np.asarray(Resizing(side, side, crop_to_aspect_ratio=True)(image), np.float32)


def _imread(path: Path) -> Any:
    import cv2

    return cv2.imread(str(path))


def opencv(path: Path, side: int) -> Array:
    """`cv2.resize(cv2.imread(path), (side, side))`: BGR."""
    import cv2

    return np.asarray(cv2.resize(_imread(path), (side, side)), np.float32)


def opencv_area(path: Path, side: int) -> Array:
    """OpenCV with `INTER_AREA`, turned to RGB."""
    import cv2

    rgb = cv2.cvtColor(_imread(path), cv2.COLOR_BGR2RGB)
    return np.asarray(cv2.resize(rgb, (side, side), interpolation=cv2.INTER_AREA), np.float32)


def torchvision(path: Path, side: int) -> Array:
    """`Resize(side * 8 / 7)`, `CenterCrop(side)` on a Pillow image, as torchvision does it."""
    image = Image.open(path).convert("RGB")
    shorter = side * 8 // 7
    width, height = image.size
    size = (shorter, shorter * height // width) if width <= height else (shorter * width // height, shorter)
    image = image.resize(size, Image.Resampling.BILINEAR)
    left, top = (round((length - side) / 2) for length in image.size)
    return np.asarray(image.crop((left, top, left + side, top + side)), np.float32)


def teachable_machine(path: Path, side: int) -> Array:
    """The Python snippet of Teachable Machine: `ImageOps.fit` with Lanczos."""
    image = ImageOps.fit(Image.open(path).convert("RGB"), (side, side), Image.Resampling.LANCZOS)
    return np.asarray(image, np.float32)
