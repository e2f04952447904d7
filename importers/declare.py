"""What somebody says of a model: how its input is scaled, how photos are resized, what its outputs mean."""

from dataclasses import dataclass, fields, replace

from gemelo.errors import UsageError

CHANNEL_ORDERS = ("rgb", "bgr")
# `probabilities` sum to 1; `sigmoid` is one unit, the probability of the second label; `logits` lack their softmax or,
# where there is one of them, their sigmoid.
OUTPUTS = ("probabilities", "sigmoid", "logits")

_CHOICES = """choose how the model's training scaled pixels, with --scale:
  0..1       x / 255: most courses, ImageDataGenerator(rescale=1/255), ToTensor()
  -1..1      x / 127.5 - 1: MobileNet, Inception, Xception, NASNet, ResNetV2, Teachable Machine
  0..255     as they are: EfficientNet, ConvNeXt, MobileNetV3 of Keras, which scale inside
  caffe      BGR minus the mean color: VGG and ResNet of Keras
  torch      x / 255, minus mean, over standard deviation: DenseNet, torchvision, timm
  MEAN/STD   (x - MEAN) / STD, e.g. 127.5/127.5 or 123.7,116.3,103.5/58.4,57.1,57.4
or name what it was trained with: --preset keras.applications.vgg16, teachable-machine, ... (gemelo import --help)
or let gemelo find out, with photos in a folder for each label: gemelo detect MODEL --photos DIR"""

_LABELS = (
    "give --labels cats,dogs or a file with a label on each line, in the order of training: for Keras that of the "
    "folders' names (a single unit is the probability of the second label); or --photos DIR with a folder for each"
)


@dataclass(frozen=True)
class Scale:
    """(x - mean) / std, on pixels 0-255, channel by channel in the model's own channel order.

    Attributes:
        mean, std: One number, or one for each channel.
        bgr: Whether the name it goes by also says that the channels are blue, green, red.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
    bgr: bool = False

    def __str__(self) -> str:
        named = next((name for name, scale in SCALES.items() if scale == self), None)
        return named or f"{_numbers(self.mean)}/{_numbers(self.std)}"

    @property
    def is_identity(self) -> bool:
        """Whether pixels stay as they are."""
        return not any(self.mean) and all(value == 1 for value in self.std)

    @classmethod
    def parse(cls, text: str) -> "Scale":
        """A name of `SCALES`, or MEAN/STD.

        Raises:
            UsageError: It is neither.
        """
        if text.strip() in SCALES:
            return SCALES[text.strip()]
        mean, slash, std = text.partition("/")
        try:
            found = cls(_tuple(mean), _tuple(std))
        except ValueError:
            found = cls((), ())
        fits = {len(found.mean), len(found.std)} in ({1}, {3}, {1, 3})
        bounded = all(abs(value) < 1e6 for value in found.mean) and all(0 < abs(value) < 1e6 for value in found.std)
        if not slash or not fits or not bounded:
            raise UsageError(f"--scale {text}: no such scale", hint=_CHOICES)
        if found.mean in ((1.0,), (-1.0,)) and found.std in MISTAKEN:
            raise UsageError(
                f"--scale {text}: this is MEAN/STD, (x - {found.mean[0]:g}) / {found.std[0]:g}, which no training uses",
                hint=f"did you mean {MISTAKEN[found.std]}?",
            )
        return found


IDENTITY = Scale((0.0,), (1.0,))
# A mean of 1 with one of these was meant as a factor: 1/255.
MISTAKEN = {(255.0,): "0..1", (256.0,): "0..1", (127.0,): "-1..1", (127.5,): "-1..1", (128.0,): "-1..1"}
_MEAN, _STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
SCALES = {
    "0..255": IDENTITY,
    "0..1": Scale((0.0,), (255.0,)),
    "-1..1": Scale((127.5,), (127.5,)),
    "caffe": Scale((103.939, 116.779, 123.68), (1.0,), bgr=True),
    "torch": Scale(_MEAN, _STD),
}


@dataclass(frozen=True)
class Declared:
    """What is known of a model besides its weights. None stands for what nobody said.

    Attributes:
        scale: From pixels 0-255 to the model's input.
        channel_order: `rgb` or `bgr`: of the model's input.
        width, height: Of the input in pixels.
        fit, filter, resize_to: How a photo is resized: as in `gemelo.preprocessing.Preprocessing`.
        output: One of `OUTPUTS`.
        labels: In the order of the output's columns.
    """

    scale: Scale | None = None
    channel_order: str | None = None
    width: int | None = None
    height: int | None = None
    fit: str | None = None
    filter: str | None = None
    resize_to: int | None = None
    output: str | None = None
    labels: tuple[str, ...] | None = None

    def over(self, other: "Declared") -> "Declared":
        """This, and what only the other says."""
        own = {each.name: getattr(self, each.name) for each in fields(self)}
        return replace(other, **{name: value for name, value in own.items() if value is not None})

    def said(self) -> list[str]:
        """The names of what is said."""
        return [each.name for each in fields(self) if getattr(self, each.name) is not None]


def missing(name: str, *, scale: bool, labels: bool) -> UsageError:
    """The error where neither the file nor its owner says how pixels are scaled, or names the classes; or both."""
    told = ["say how pixels are scaled before the model sees them"] * scale + ["name the classes"] * labels
    hints = [_LABELS] * labels + [_CHOICES] * scale
    return UsageError(f"{name}: the file does not {', and does not '.join(told)}", hint="\n".join(hints))


def _tuple(text: str) -> tuple[float, ...]:
    return tuple(float(part) for part in text.split(","))


def _numbers(values: tuple[float, ...]) -> str:
    return ",".join(f"{value:g}" for value in values)
