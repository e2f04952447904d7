"""Fits: which part of a photo is resized, to what size, and where it lies in the model's input.

Everything is known from the photo's size, so that a photo which would cost too much is refused before it is resized.
`web_demo/src/photo/plan.ts` is its counterpart. Sides are whole numbers, and `//` rounds down.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from gemelo.errors import Message, UnsupportedImageError
from gemelo.limits import check_bordered, check_resized
from gemelo.preprocessing.specification import Preprocessing


@dataclass(frozen=True)
class Plan:
    """The way of one photo into the input.

    Attributes:
        left, top, width, height: The window of the photo that is resized. What of it lies outside of the photo is
            black.
        to_width, to_height: What the window is resized to.
        x, y: Where its corner lies in the input. What lies outside of the input is cut off, and the rest is black.
        box: For Pillow: the part of the window that is sampled, as (left, top, right, bottom). Pixels beside it count
            where a filter is wide enough to reach them.
    """

    left: int
    top: int
    width: int
    height: int
    to_width: int
    to_height: int
    x: int = 0
    y: int = 0
    box: tuple[float, float, float, float] | None = None

    def shown(self, width: int, height: int) -> tuple[range, range]:
        """The columns and rows of the resized window that lie in an input of that size."""
        columns = range(max(0, -self.x), min(self.to_width, width - self.x))
        return columns, range(max(0, -self.y), min(self.to_height, height - self.y))


def plan_of(name: str, width: int, height: int, preprocessing: Preprocessing) -> Plan:
    """The way of a photo of that size into the input.

    Args:
        name: Of the photo, for the error.
        width, height: Of the upright photo.
        preprocessing: Of the model.

    Raises:
        ImageTooLargeError: What it would be resized by way of is too large.
        UnsupportedImageError: Nothing of it would be left.
    """
    whole = Plan(0, 0, width, height, preprocessing.width, preprocessing.height)
    plan = _FITS[preprocessing.fit](whole, preprocessing.resize_to or 0)
    if 0 in (plan.to_width, plan.to_height):
        size = {"width": plan.to_width, "height": plan.to_height}
        raise UnsupportedImageError(Message("photo.nothing-left", name, **size))
    check_bordered(name, plan.width, plan.height)
    check_resized(name, plan.to_width, min(plan.height, height))
    check_resized(name, plan.to_width, plan.to_height)
    return plan


def _squash(whole: Plan, _: int) -> Plan:
    return whole


def _crop(whole: Plan, _: int) -> Plan:
    """The largest centered rectangle of the input's shape; sides rounded half up."""
    w, h, width, height = whole.width, whole.height, whole.to_width, whole.to_height
    if w * height > h * width:
        return _cut(whole, max(1, (2 * h * width + height) // (2 * height)), h)
    return _cut(whole, w, max(1, (2 * w * height + width) // (2 * width)))


def _pad(whole: Plan, _: int) -> Plan:
    """The whole photo inside the input, centered on black; sides rounded half up."""
    w, h, width, height = whole.width, whole.height, whole.to_width, whole.to_height
    if w * height > h * width:
        fit_w, fit_h = width, max(1, (2 * h * width + w) // (2 * w))
    else:
        fit_w, fit_h = max(1, (2 * w * height + h) // (2 * h)), height
    return replace(whole, to_width=fit_w, to_height=fit_h, x=(width - fit_w) // 2, y=(height - fit_h) // 2)


def _resize_crop(whole: Plan, shorter: int) -> Plan:
    """Torchvision's Resize(shorter) and CenterCrop: offsets are halves, rounded to even; borders are black."""
    w, h, width, height = whole.width, whole.height, whole.to_width, whole.to_height
    to_w, to_h = (shorter, shorter * h // w) if w <= h else (shorter * w // h, shorter)
    x, y = _center(to_w - width), _center(to_h - height)
    return replace(whole, to_width=to_w, to_height=to_h, x=-x, y=-y)


def _center(rest: int) -> int:
    """Where a cut begins; below 0, so many borders are before it."""
    half = rest >> 1
    return half + (rest & half & 1) if rest >= 0 else -(-rest // 2)


def _keras_crop(whole: Plan, _: int) -> Plan:
    """Of Keras's layer Resizing and image_dataset_from_directory: crop_to_aspect_ratio."""
    width, height = _keras_sides(whole)
    return _cut(whole, max(1, width), max(1, height))


def _keras_load_img(whole: Plan, _: int) -> Plan:
    """Of Keras's load_img: keep_aspect_ratio."""
    width, height = _keras_sides(whole)
    left, top = (whole.width - width) // 2, (whole.height - height) // 2
    return replace(whole, box=(left, top, left + width, top + height))


def _keras_sides(whole: Plan) -> tuple[int, int]:
    w, h, width, height = whole.width, whole.height, whole.to_width, whole.to_height
    return min(w, h * width // height), min(h, w * height // width)


def _keras_pad(whole: Plan, _: int) -> Plan:
    """Of Keras's layer Resizing: pad_to_aspect_ratio, which lays borders around the photo before it is resized."""
    w, h, width, height = whole.width, whole.height, whole.to_width, whole.to_height
    x, y = (max(w, h * width // height) - w) // 2, (max(h, w * height // width) - h) // 2
    return replace(whole, left=-x, top=-y, width=w + 2 * x, height=h + 2 * y)


def _tf_pad(whole: Plan, _: int) -> Plan:
    """tf.image.resize_with_pad, and so image_dataset_from_directory's pad_to_aspect_ratio, in TensorFlow's float32."""
    width, height = np.float32(whole.to_width), np.float32(whole.to_height)
    ratio = max(np.float32(whole.width) / width, np.float32(whole.height) / height)
    fit_w, fit_h = np.float32(whole.width) / ratio, np.float32(whole.height) / ratio
    x, y = (max(0, int(np.floor(rest / np.float32(2)))) for rest in (width - fit_w, height - fit_h))
    return replace(whole, to_width=int(fit_w), to_height=int(fit_h), x=x, y=y)


def _pillow_fit(whole: Plan, _: int) -> Plan:
    """Pillow's ImageOps.fit, centered: a box with fractions of pixels."""
    w, h, ratio = whole.width, whole.height, whole.to_width / whole.to_height
    box_w, box_h = float(w), float(h)
    if w / h > ratio:
        box_w = ratio * h
    elif w / h < ratio:
        box_h = w / ratio
    left, top = (w - box_w) * 0.5, (h - box_h) * 0.5
    return replace(whole, box=(left, top, left + box_w, top + box_h))


def _cut(whole: Plan, width: int, height: int) -> Plan:
    """A centered window."""
    left, top = (whole.width - width) // 2, (whole.height - height) // 2
    return replace(whole, left=left, top=top, width=width, height=height)


_FITS: dict[str, Callable[[Plan, int], Plan]] = {
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
