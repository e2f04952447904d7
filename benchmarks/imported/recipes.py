"""The 24 models: what each was trained on, how its owner reads photos, and what is declared of it."""

from dataclasses import dataclass

import numpy as np

from benchmarks.imported import networks, readers
from benchmarks.imported.networks import Network, application
from benchmarks.imported.readers import Array, Reader

CAFFE = np.array([103.939, 116.779, 123.68], np.float32)  # BGR
TORCH = (np.array([0.485, 0.456, 0.406], np.float32), np.array([0.229, 0.224, 0.225], np.float32))


@dataclass(frozen=True)
class Recipe:
    """A model of other people's making.

    Attributes:
        name: Of its folder.
        network: What builds it.
        read: How its owner reads a photo.
        filter, fit: What that comes to in gemelo's words.
        scale: What its owner does to the numbers: `0..1`, `-1..1`, `0..255`, `caffe` or `torch`.
        order: `rgb` or `bgr`: of what its owner's reader gives.
        data: `grocery8` or `cats_vs_dogs`.
        side: Pixels of its input.
        output: `softmax`, `logits`, `sigmoid` or `logit`.
        save: `keras`, `h5`, `saved_model`, `module` (plain TensorFlow), `teachable-machine` or `channels-first`.
        legacy: Whether Keras 2 makes it.
        inside: Whether the scaling is a part of the model.
        reverse: Whether the labels are in the other order.
        preset: By which `gemelo import` knows all of this, where there is one.
        resize_to: Of `resize-crop`.
    """

    name: str
    network: Network
    read: Reader
    filter: str
    scale: str
    fit: str = "squash"
    order: str = "rgb"
    data: str = "grocery8"
    side: int = 64
    output: str = "softmax"
    save: str = "keras"
    legacy: bool = False
    inside: bool = False
    reverse: bool = False
    preset: str | None = None
    resize_to: int | None = None

    def scaled(self, images: Array) -> Array:
        """What the owner feeds the model, from what the reader gave."""
        if self.inside or self.scale == "0..255":
            return images
        if self.scale == "0..1":
            return images / np.float32(255)
        if self.scale == "-1..1":
            return images / np.float32(127.5) - np.float32(1)
        if self.scale == "caffe":
            return np.ascontiguousarray(images[..., ::-1]) - CAFFE
        mean, deviation = TORCH
        return (images / np.float32(255) - mean) / deviation

    def declaration(self) -> list[str]:
        """The options of `gemelo import` besides the labels."""
        options = [] if self.inside else ["--scale", self.scale]
        if self.preset is not None:
            options += ["--preset", self.preset]
        else:
            options += ["--filter", self.filter, "--fit", self.fit]
            options += ["--channel-order", "bgr"] if self.order == "bgr" else []
            options += ["--resize-to", str(self.resize_to)] if self.resize_to else []
        return [*options, "--size", str(self.side)] if self.network is networks.any_size else options


R, N = readers, networks
RECIPES = (
    Recipe("mobilenet", application("MobileNet", alpha=0.25), R.load_img, "pillow-nearest", "-1..1", side=96),
    Recipe("mobilenet-v2", application("MobileNetV2", alpha=0.35), R.image_dataset, "tf-bilinear", "-1..1", side=96),
    Recipe("mobilenet-v3", application("MobileNetV3Small", alpha=0.75, minimalistic=True), R.image_dataset,
           "tf-bilinear", "0..255", side=96, inside=True),
    Recipe("efficientnet-b0", application("EfficientNetB0"), R.image_dataset, "tf-bilinear", "0..255", inside=True),
    Recipe("resnet50", application("ResNet50"), R.load_img, "pillow-nearest", "caffe"),
    Recipe("densenet121", application("DenseNet121"), R.load_img_bilinear, "pillow-bilinear", "torch"),
    Recipe("resnet50-v2", application("ResNet50V2"), R.load_img_bilinear, "pillow-bilinear", "-1..1"),
    Recipe("guide", N.guide, R.image_dataset, "tf-bilinear", "-1..1", data="cats_vs_dogs", side=96, output="logit",
           inside=True),
    Recipe("augmented", N.augmented, R.image_dataset, "tf-bilinear", "0..1", output="logits", inside=True),
    Recipe("tutorial", N.tutorial, R.image_dataset, "tf-bilinear", "-1..1", inside=True,
           preset="image_dataset_from_directory"),
    Recipe("opencv-bgr", N.plain, R.opencv, "opencv-bilinear", "0..1", order="bgr", preset="opencv"),
    Recipe("opencv-area", N.plain, R.opencv_area, "opencv-area", "0..1", reverse=True),
    Recipe("lecture", N.lecture, R.load_img, "pillow-nearest", "0..1", data="cats_vs_dogs", output="sigmoid",
           preset="flow_from_directory"),
    Recipe("keras2-separable", N.separable, R.load_img, "pillow-nearest", "0..1", save="h5", legacy=True),
    Recipe("teachable-machine", N.teachable_machine, R.teachable_machine, "pillow-lanczos", "-1..1", fit="pillow-fit",
           side=96, save="teachable-machine", legacy=True),
    Recipe("saved-model", N.plain, R.image_dataset, "tf-bilinear", "-1..1", save="saved_model"),
    Recipe("tf-module", N.plain, R.torchvision, "pillow-bilinear", "torch", fit="resize-crop", save="module",
           resize_to=73),
    Recipe("subclassed", N.subclassed, R.load_img_bicubic, "pillow-bicubic", "0..1", save="saved_model"),
    Recipe("grey", lambda *a: N.plain(*a, channels=1), R.load_img_grey, "pillow-nearest", "0..1"),
    Recipe("channels-first", N.plain, R.load_img_bilinear, "pillow-bilinear", "0..1", save="channels-first"),
    Recipe("normalization", N.normalized, R.load_img_bicubic, "pillow-bicubic", "0..255", inside=True, save="h5"),
    Recipe("torchvision", N.plain, R.torchvision, "pillow-bilinear", "torch", fit="resize-crop", resize_to=73),
    Recipe("any-size", N.any_size, R.load_img_bilinear, "pillow-bilinear", "0..1", side=80),
    Recipe("nested-bytes", N.nested_bytes, R.image_dataset_crop, "tf-bilinear", "0..255", fit="keras-crop",
           inside=True),
)  # fmt: skip
