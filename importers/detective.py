"""The preprocessing detective: which preprocessing a model wants, by what it answers to photos whose labels are known.

Every plausible scale, channel order, filter, fit and order of labels is tried, one after another, around the best so
far. A combination is judged by the log-loss of the known labels, after one temperature is fitted to it: a model that
is too sure of itself is not taken for a wrong combination. Two combinations are compared photo by photo; what chance
may have made is a tie.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gemelo.errors import DatasetError, ImageError, UsageError
from gemelo.preprocessing import Images, Preprocessing, prepare
from gemelo.preprocessing.specification import BOX_FITS
from gemelo.progress import SILENT, Progress

from .declare import SCALES, Declared, Scale
from .label_order import assign, label_orders
from .loaded import Loaded
from .trials import TOO_SURE, Array, Combination, Finding, Trial

MOST_PHOTOS = 200
_FILTERS = ("pillow-bilinear", "pillow-nearest", "pillow-bicubic", "pillow-lanczos", "tf-bilinear", "opencv-bilinear",
            "opencv-area")  # fmt: skip
_FITS = ("squash", "crop", "resize-crop", "pad")
_ORDERS = {"caffe": ("bgr",), "torch": ("rgb",)}
_TEMPERATURES = np.geomspace(0.25, 64, 33, dtype=np.float32)
# A probability that is 0 in float32 counts as this, so that a model whose answers are all 0 or 1 shows itself.
_LEAST = 1e-30
_BATCH = 16
# A slow model is asked about fewer photos, so that all takes about so many seconds; but never about fewer than this.
_SECONDS, _FEWEST = 90.0, 50


def detect(
    model: Loaded,
    known: Declared,
    photos: Sequence[tuple[Path, str]],
    *,
    probabilities: Callable[[Array], Array],
    progress: Progress = SILENT,
) -> Finding:
    """Try what is plausible on photos whose labels are known.

    Args:
        model: Its own input and answers.
        known: What somebody declared; it is tried along with the others. A scale that is inside the model stays.
        photos: Paths and labels; `sample` chooses them.
        probabilities: The model's outputs as probabilities, (n, classes).
        progress: Where to report to.

    Raises:
        DatasetError: No photo can be read.
        LabelMismatchError: The photos' labels are not those of the model.
    """
    search = _Search(model, known, photos, probabilities)
    first = search.first()
    search.pace(first)
    with progress.step("detecting", search.expected) as done:
        search.done = done
        search.try_all(search.scalings(first))
        search.try_all(replace(search.best, filter=name) for name in search.filters)
        fitted = search.best
        search.try_all(search.fits(fitted))
        if search.best.fit != fitted.fit:
            search.try_all(replace(search.best, filter=name) for name in search.filters)
        if (search.best.filter, search.best.fit) != (first.filter, first.fit):
            search.try_all(search.scalings(search.best))
        done(search.expected - len(search.tried))
    return Finding(search.ranked(), search.count, len(photos), search.chance, search.unreadable)


def sample(photos: Sequence[tuple[Path, str]], most: int = MOST_PHOTOS, seed: int = 0) -> list[tuple[Path, str]]:
    """As many of each label as can be, `most` in all; the same ones every time."""
    generator = np.random.default_rng(seed)
    by_label: dict[str, list[Path]] = {}
    for path, label in photos:
        by_label.setdefault(label, []).append(path)
    turns = [
        (turn, label, paths[index])
        for label, paths in sorted(by_label.items())
        for turn, index in enumerate(generator.permutation(len(paths)))
    ]
    return [(path, label) for _, label, path in sorted(turns)[:most]]


class _Search:
    """The trials so far, and the photos as each filter and fit prepares them."""

    def __init__(
        self,
        model: Loaded,
        known: Declared,
        photos: Sequence[tuple[Path, str]],
        probabilities: Callable[[Array], Array],
    ) -> None:
        self.model, self.known, self.probabilities = model, known, probabilities
        self.paths = [path for path, _ in photos]
        self.found = np.array([label for _, label in photos])
        self.orders = label_orders(sorted(set(self.found.tolist())), self._columns(), known.labels)
        self.unreadable: dict[str, str] = {}
        self.prepared: dict[tuple[str, str], Images] = {}
        self.trials: dict[Combination, Trial] = {}
        self.tried: set[Combination] = set()
        self.done: Callable[..., None] = lambda *_: None
        self.filters = tuple(dict.fromkeys((*([known.filter] if known.filter else []), *_FILTERS)))
        self.scales = self._scales()

    def _columns(self) -> int:
        return max(2, self.model.outputs)

    def _scales(self) -> list[Scale]:
        inside, declared = self.model.inside.scale, self.known.scale
        some = [inside] if inside is not None else list(SCALES.values())
        return list(dict.fromkeys((*([declared] if declared is not None else []), *some)))

    @property
    def count(self) -> int:
        return len(self.paths)

    @property
    def chance(self) -> float:
        """The share of photos that is right by guessing, or by always naming the most frequent label."""
        most = max(np.unique(self.found, return_counts=True)[1])
        return float(max(1 / self._columns(), most / self.count))

    @property
    def expected(self) -> int:
        """Combinations that are tried at most."""
        return 2 * (len(list(self.scalings(self.first()))) + len(self.filters)) + len(_FITS) - 4

    @property
    def best(self) -> Combination:
        return self.ranked()[0].combination

    def first(self) -> Combination:
        """What was declared, and the usual where nothing was."""
        known = self.known
        return Combination(
            self.scales[0],
            known.channel_order or "rgb",
            known.filter or _FILTERS[0],
            known.fit or _FITS[0],
            known.resize_to,
        )

    def pace(self, combination: Combination) -> None:
        """Leave photos out if all of them would take too long."""
        if self.count <= _FEWEST:
            return
        paths, found = self.paths, self.found
        self.paths, self.found = paths[:_BATCH], found[:_BATCH]
        self._answers(combination)  # the first time is slower
        started = time.perf_counter()
        self._answers(combination)
        each = (time.perf_counter() - started) / self.count
        self.prepared.clear()
        most = max(_FEWEST, int(_SECONDS / (each * self.expected + 1e-9)))
        self.paths, self.found = paths[:most], found[:most]

    def scalings(self, around: Combination) -> Iterable[Combination]:
        """All scales and channel orders, and what was declared."""
        names = {scale: name for name, scale in SCALES.items()}
        for scale in self.scales:
            plausible = _ORDERS.get(names.get(scale, ""), ("rgb", "bgr")) if self.model.channels == 3 else ("rgb",)
            declared = scale == self.known.scale and self.known.channel_order
            for order in dict.fromkeys((*([declared] if declared else []), *plausible)):
                yield replace(around, scale=scale, channel_order=order)

    def fits(self, around: Combination) -> Iterable[Combination]:
        """All fits with one filter."""
        width, height = self._size()
        for fit in _FITS:
            resize_to = round(min(width, height) * 8 / 7) if fit == "resize-crop" else None
            if fit != around.fit:
                yield replace(around, fit=fit, resize_to=resize_to)

    def _size(self) -> tuple[int, int]:
        width, height = self.known.width or self.model.width, self.known.height or self.model.height
        if width is None or height is None:
            raise UsageError("the model takes photos of any size", hint="say at which it was trained: --size 224")
        return width, height

    def try_all(self, combinations: Iterable[Combination]) -> None:
        """Try what was not tried yet."""
        for combination in list(combinations):
            plain = replace(combination, labels=())
            if plain in self.tried or (plain.fit in BOX_FITS and not plain.filter.startswith("pillow-")):
                continue
            self.tried.add(plain)
            answers = self._answers(plain)
            for trial in self._judge(plain, answers):
                self.trials[trial.combination] = trial
            self.done(1, plain.filter)

    def ranked(self) -> list[Trial]:
        """The best first: by log-loss, but in a tie what is more usual.

        Of scales in a tie, one with which the model is far too sure of itself yields to one with which it is not. A
        fit that few people use must be better than a plain one by more than chance, and an order of labels that nobody
        would choose beyond doubt.
        """
        trials = sorted(self.trials.values(), key=lambda trial: (trial.loss, -trial.accuracy))
        usual = next((trial for trial in trials if trial.combination.usual), trials[0])
        best = usual if not usual.worse_than(trials[0]) else trials[0]
        alike = [trial for trial in trials if trial.combination.usual == best.combination.usual]
        first = self.first().fit
        plain = next((trial for trial in alike if trial.combination.fit == first), best)
        best = plain if not plain.worse_than(best) else best
        order = best.combination.channel_order
        others = [t for t in alike if t.combination.pixels == best.combination.pixels and best.too_sure_beside(t)]
        best = min(others, key=lambda t: (t.combination.channel_order != order, t.raw_loss), default=best)
        # Who leaves the channels as OpenCV reads them, resizes with it.
        own = self.trials.get(replace(best.combination, filter="opencv-bilinear"), best)
        if best.combination.channel_order == "bgr" and self.known.filter is None and not own.worse_than(best):
            best = own
        return [best, *(trial for trial in trials if trial is not best)]

    def _answers(self, combination: Combination) -> Array:
        images_u8 = self._images(combination)
        parts = [images_u8[i : i + _BATCH] for i in range(0, len(images_u8), _BATCH)]
        found = np.concatenate([self.model.answer(combination.scaled(part)) for part in parts])
        # What is no number is no answer: as likely as anything else.
        return np.nan_to_num(self.probabilities(found), nan=1 / self._columns())

    def _images(self, combination: Combination) -> Images:
        key = (combination.filter, combination.fit)
        if key not in self.prepared:
            width, height = self._size()
            wanted = Preprocessing(
                *(width, height, self.model.channels),
                fit=combination.fit,
                filter=combination.filter,
                resize_to=combination.resize_to,
            )
            self.prepared[key] = self._read(wanted)
        return self.prepared[key]

    def _read(self, wanted: Preprocessing) -> Images:
        images = list[Images]()
        readable = list[int]()
        for i, path in enumerate(self.paths):
            try:
                images.append(prepare(path, wanted))
                readable.append(i)
            except ImageError as exc:
                if self.prepared:  # another fit could do it: with this one the photo shows nothing
                    images.append(np.zeros(wanted.shape, np.uint8))
                    readable.append(i)
                else:
                    self.unreadable[str(path)] = exc.message
        if not images:
            raise DatasetError("none of the photos can be read", hint=next(iter(self.unreadable.values()), None))
        if len(readable) < len(self.paths):
            self.paths, self.found = [self.paths[i] for i in readable], self.found[readable]
        return np.stack(images)

    def _judge(self, combination: Combination, answers: Array) -> list[Trial]:
        logarithms = np.log(np.clip(answers, 1e-7, 1))
        raw = np.log(np.clip(answers, _LEAST, 1))
        trials = [self._trial(replace(combination, labels=order), logarithms, raw) for order in self.orders]
        if set(self.found) == set(self.orders[0]) and len(self.orders[0]) > 2:
            order = assign(logarithms, self.found, self.orders[0])
            if order not in self.orders:
                trials.append(self._trial(replace(combination, labels=order, usual=False), logarithms, raw))
        return trials

    def _trial(self, combination: Combination, logarithms: Array, raw: Array) -> Trial:
        column = {label: i for i, label in enumerate(combination.labels)}
        truth = np.array([column[label] for label in self.found])
        options = [_losses(logarithms / temperature, truth) for temperature in _TEMPERATURES]
        least = min(range(len(options)), key=lambda i: float(options[i].mean()))
        accuracy = float((logarithms.argmax(-1) == truth).mean())
        # The log-loss falls up to the temperature that fits best, and rises from there.
        at, beyond = (float(_losses(raw / temperature, truth).mean()) for temperature in (TOO_SURE, 1.05 * TOO_SURE))
        return Trial(
            combination,
            losses=options[least],
            accuracy=accuracy,
            temperature=float(_TEMPERATURES[least]),
            raw=_losses(raw, truth),
            too_sure=beyond < at,
        )


def _losses(logarithms: Array, truth: NDArray[np.int64]) -> Array:
    shifted = logarithms - logarithms.max(-1, keepdims=True)
    total = np.log(np.exp(shifted).sum(-1))
    return np.asarray(total - shifted[np.arange(len(truth)), truth], np.float32)
