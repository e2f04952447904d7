"""Step 4 of the preprocessing by the libraries themselves: Pillow, OpenCV, TensorFlow and Keras."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from gemelo.preprocessing import FILTERS, FITS, Preprocessing
from gemelo.preprocessing.specification import BOX_FITS

Bytes = NDArray[np.uint8]
Box = tuple[float, float, float, float]


def all_ways(width: int, height: int) -> list[Preprocessing]:
    """Every fit with every filter that it takes; `resize-crop` by way of a larger and of a smaller size."""
    ways = []
    for fit in FITS:
        for filter in FILTERS:
            sizes = [min(width, height) + 3, max(1, min(width, height) - 4)] if fit == "resize-crop" else [None]
            if fit not in BOX_FITS or filter.startswith("pillow-"):
                ways += [Preprocessing(width, height, 3, fit, filter, size) for size in sizes]
    return ways


def resized(rgb: Bytes, preprocessing: Preprocessing) -> Bytes:
    """An upright RGB photo at the input's size."""
    size = (preprocessing.width, preprocessing.height)
    library, _, name = preprocessing.filter.partition("-")
    return _FITS[preprocessing.fit](rgb, size, (library, name), preprocessing.resize_to)


def _scaled(rgb: Bytes, size: tuple[int, int], filter: tuple[str, str], box: Box | None = None) -> Bytes:
    library, name = filter
    return {"pillow": _pillow, "opencv": _opencv, "tf": _tensorflow}[library](rgb, size, name, box)


def _pillow(rgb: Bytes, size: tuple[int, int], name: str, box: Box | None) -> Bytes:
    """In two calls, as Pillow up to 12.1 did in one."""
    image, filter = Image.fromarray(rgb), Image.Resampling[name.upper()]
    left, top, right, bottom = box or (0, 0, *image.size)
    wide = image.resize((size[0], image.height), filter, (left, 0, right, image.height))
    return np.asarray(wide.resize(size, filter, (0, top, size[0], bottom)))


def _opencv(rgb: Bytes, size: tuple[int, int], name: str, box: Box | None) -> Bytes:
    import cv2

    assert box is None
    ways = {"nearest": cv2.INTER_NEAREST, "bilinear": cv2.INTER_LINEAR, "area": cv2.INTER_AREA}
    return np.asarray(cv2.resize(rgb, size, interpolation=ways[name])).reshape(size[1], size[0], 3)


def _tensorflow(rgb: Bytes, size: tuple[int, int], name: str, box: Box | None) -> Bytes:
    import tensorflow as tf

    assert box is None
    return _rounded(tf.image.resize(rgb, size[::-1], method=name, antialias=False))


def _rounded(values: Any) -> Bytes:
    return np.rint(np.asarray(values)).clip(0, 255).astype(np.uint8)


def _squash(rgb: Bytes, size: tuple[int, int], filter: tuple[str, str], _: int | None) -> Bytes:
    return _scaled(rgb, size, filter)


def _crop(rgb: Bytes, size: tuple[int, int], filter: tuple[str, str], _: int | None) -> Bytes:
    h, w = rgb.shape[:2]
    scale = min(w / size[0], h / size[1])
    width, height = (max(1, int(np.floor(side * scale + 0.5))) for side in size)
    left, top = (w - width) // 2, (h - height) // 2
    return _scaled(np.ascontiguousarray(rgb[top : top + height, left : left + width]), size, filter)


def _pad(rgb: Bytes, size: tuple[int, int], filter: tuple[str, str], _: int | None) -> Bytes:
    h, w = rgb.shape[:2]
    scale = min(size[0] / w, size[1] / h)
    width, height = (max(1, int(np.floor(side * scale + 0.5))) for side in (w, h))
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    canvas = np.zeros((size[1], size[0], 3), np.uint8)
    canvas[top : top + height, left : left + width] = _scaled(rgb, (width, height), filter)
    return canvas


def _resize_crop(rgb: Bytes, size: tuple[int, int], filter: tuple[str, str], shorter: int | None) -> Bytes:
    """torchvision's `_compute_resized_output_size` and `center_crop`, in its own words."""
    h, w = rgb.shape[:2]
    assert shorter is not None
    short, long = (w, h) if w <= h else (h, w)
    new_long = int(shorter * long / short)
    new_w, new_h = (shorter, new_long) if w <= h else (new_long, shorter)
    image = Image.fromarray(_scaled(rgb, (new_w, new_h), filter))
    if size[0] > new_w or size[1] > new_h:
        left, top = ((max(0, crop - side)) // 2 for crop, side in zip(size, image.size, strict=True))
        right, bottom = ((max(0, crop - side) + 1) // 2 for crop, side in zip(size, image.size, strict=True))
        image = ImageOps.expand(image, (left, top, right, bottom))
    left, top = (round((side - crop) / 2.0) for crop, side in zip(size, image.size, strict=True))
    return np.asarray(image.crop((left, top, left + size[0], top + size[1])))


def _keras_crop(rgb: Bytes, size: tuple[int, int], filter: tuple[str, str], _: int | None) -> Bytes:
    if filter[0] == "tf" and filter[1] != "area":
        return _keras_layer(rgb, size, filter[1], crop_to_aspect_ratio=True)
    h, w = rgb.shape[:2]
    width, height = max(1, min(w, int(h * size[0] / size[1]))), max(1, min(h, int(w * size[1] / size[0])))
    left, top = int((w - width) / 2), int((h - height) / 2)
    return _scaled(np.ascontiguousarray(rgb[top : top + height, left : left + width]), size, filter)


def _keras_pad(rgb: Bytes, size: tuple[int, int], filter: tuple[str, str], _: int | None) -> Bytes:
    if filter[0] == "tf" and filter[1] != "area":
        return _keras_layer(rgb, size, filter[1], pad_to_aspect_ratio=True)
    h, w = rgb.shape[:2]
    x, y = (max(w, int(h * size[0] / size[1])) - w) // 2, (max(h, int(w * size[1] / size[0])) - h) // 2
    return _scaled(np.pad(rgb, ((y, y), (x, x), (0, 0))), size, filter)


def _keras_layer(rgb: Bytes, size: tuple[int, int], name: str, **options: bool) -> Bytes:
    import keras

    layer = keras.layers.Resizing(size[1], size[0], interpolation=name, **options)
    return _rounded(layer(rgb.astype(np.float32)))


def _tf_pad(rgb: Bytes, size: tuple[int, int], filter: tuple[str, str], _: int | None) -> Bytes:
    if filter[0] == "tf":
        import tensorflow as tf

        return _rounded(tf.image.resize_with_pad(rgb, size[1], size[0], method=filter[1]))
    h, w = rgb.shape[:2]
    f = np.float32
    ratio = max(f(w) / f(size[0]), f(h) / f(size[1]))
    fit = [f(side) / ratio for side in (w, h)]
    left, top = (max(0, int(np.floor((f(side) - part) / f(2)))) for side, part in zip(size, fit, strict=True))
    small = _scaled(rgb, (int(fit[0]), int(fit[1])), filter)
    canvas = np.zeros((size[1], size[0], 3), np.uint8)
    canvas[top : top + small.shape[0], left : left + small.shape[1]] = small
    return canvas


def _keras_load_img(rgb: Bytes, size: tuple[int, int], filter: tuple[str, str], _: int | None) -> Bytes:
    """`keras.utils.load_img(..., keep_aspect_ratio=True)`."""
    h, w = rgb.shape[:2]
    width, height = min(w, (h * size[0]) // size[1]), min(h, (w * size[1]) // size[0])
    left, top = (w - width) // 2, (h - height) // 2
    return _scaled(rgb, size, filter, (left, top, left + width, top + height))


def _pillow_fit(rgb: Bytes, size: tuple[int, int], filter: tuple[str, str], _: int | None) -> Bytes:
    """`PIL.ImageOps.fit`, with its own box."""
    boxes: list[Box] = []

    class Asked:
        """What ImageOps.fit asks an image for."""

        def __init__(self) -> None:
            self.size = (rgb.shape[1], rgb.shape[0])

        def resize(self, size: tuple[int, int], method: int, box: Box) -> None:
            boxes.append(box)

    asked: Any = Asked()
    ImageOps.fit(asked, size)
    return _scaled(rgb, size, filter, boxes[0])


_FITS = {
    "squash": _squash,
    "crop": _crop,
    "pad": _pad,
    "resize-crop": _resize_crop,
    "keras-crop": _keras_crop,
    "keras-pad": _keras_pad,
    "tf-pad": _tf_pad,
    "keras-load-img": _keras_load_img,
    "pillow-fit": _pillow_fit,
}
