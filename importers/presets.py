"""Preprocessing by the name that people know: that of the function or tool which made the training's photos."""

from .declare import SCALES, Declared

_CENTERED = Declared(scale=SCALES["-1..1"])
_CAFFE = Declared(scale=SCALES["caffe"])
_TORCH = Declared(scale=SCALES["torch"])
_INSIDE = Declared(scale=SCALES["0..255"])
# `keras.applications.FAMILY.preprocess_input`; how photos were resized before it, it does not say.
_FAMILIES = {
    "convnext": _INSIDE,
    "densenet": _TORCH,
    "efficientnet": _INSIDE,
    "efficientnet_v2": _INSIDE,
    "inception_resnet_v2": _CENTERED,
    "inception_v3": _CENTERED,
    "mobilenet": _CENTERED,
    "mobilenet_v2": _CENTERED,
    "mobilenet_v3": _INSIDE,
    "nasnet": _CENTERED,
    "resnet": _CAFFE,
    "resnet50": _CAFFE,
    "resnet_v2": _CENTERED,
    "vgg16": _CAFFE,
    "vgg19": _CAFFE,
    "xception": _CENTERED,
}
PRESETS = {
    **{f"keras.applications.{name}": declared for name, declared in _FAMILIES.items()},
    "flow_from_directory": Declared(fit="squash", filter="pillow-nearest"),
    "image_dataset_from_directory": Declared(fit="squash", filter="tf-bilinear"),
    "opencv": Declared(fit="squash", filter="opencv-bilinear", channel_order="bgr"),
    # x / 127.5 - 1 as in its Python snippet; its web page divides by 127. The difference is under half a step.
    "teachable-machine": Declared(scale=SCALES["-1..1"], fit="crop"),
    "torchvision": Declared(scale=SCALES["torch"], fit="resize-crop", resize_to=256, filter="pillow-bilinear"),
}
