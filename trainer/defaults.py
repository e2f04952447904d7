"""What an architecture is trained with unless told otherwise."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Defaults:
    """Options of a training. Those that are not given are the lecture's.

    Attributes:
        size: (width, height) of the input in pixels.
        fit: How a photo is fitted to the input: `squash`, `crop` or `pad`.
        channels: 3 (RGB) or 1 (grey).
        epochs: How often every photo is seen; 0 where the head alone learns.
        batch: Photos in one step.
        recipe: Augmentation, by its name in `trainer.augment.RECIPES`.
        mixup: Alpha of its `Mixup`, in place of the recipe's own; 0 for none.
        cutmix: Alpha of its `CutMix`, in place of the recipe's own; 0 for none.
        outliers: Share of each batch that is replaced by drawn pictures, whose target is every class alike.
        optimizer: `adam` or `adamw`.
        learning_rate: Its peak, where there is a schedule.
        schedule: `constant`, or `cosine` down to nothing.
        warmup_epochs: Rising from nothing to the peak, before the cosine.
        weight_decay: Of `adamw`; biases and batch norm are left out of it.
        label_smoothing: Share of each target that is spread over all classes (Szegedy et al. 2016).
        ema: Decay of the average of all weights that is kept in place of the weights; 0 for none.
        early_epochs: Share of the epochs, at the beginning, that see smaller photos (Howard 2018, fast.ai's DAWNBench
            entry): for networks that take any size.
        early_size: How small, as a share of the input's sides.
        keep: `best` keeps the weights of the best epoch by validation accuracy, `last` those of the last one.
        patience: So many epochs without a higher validation accuracy end the training; None for all epochs.
        validation_fraction: Share of the training photos that the training is watched on, where the folder has no
            validation split; with 0 it is watched on the test split, as in the lecture.
        pretrained: Weights to begin with, by their name in `trainer.pretrained`; none where it is empty. With them the
            head learns first, alone, on frozen features.
        frozen_norm: Batch norm keeps the statistics that it begins with.
        precision: `float32`, or `bfloat16` between scaling and head, where the hardware is quicker with it.
        balance: Whether each class has the same weight in the loss, however many photos it has.
        weight_bits: 8 leaves kernels, after the last epoch, on a grid of 8 bits for each output channel, so that files
            can hold them so and lose nothing; 32 leaves them as they are.
        teacher_weight: Share of a teacher in the loss, where there is one; the labels have the rest.
        teacher_temperature: How soft a teacher's answers are made.
        teacher_views: How many epochs differ in their variations; later ones repeat them, and the teacher's answers are
            remembered. None where every epoch differs.
    """

    size: tuple[int, int] = (64, 64)
    fit: str = "squash"
    channels: int = 3
    epochs: int = 25
    batch: int = 32
    recipe: str = "lecture"
    mixup: float | None = None
    cutmix: float | None = None
    outliers: float = 0.0
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    schedule: str = "constant"
    warmup_epochs: float = 0.0
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    ema: float = 0.0
    early_epochs: float = 0.0
    early_size: float = 1.0
    keep: str = "best"
    patience: int | None = None
    validation_fraction: float = 0.0
    pretrained: str = ""
    frozen_norm: bool = False
    precision: str = "float32"
    balance: bool = False
    weight_bits: int = 32
    teacher_weight: float = 0.9
    teacher_temperature: float = 4.0
    teacher_views: int | None = None
