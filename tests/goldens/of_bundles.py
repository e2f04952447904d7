"""Writes gemelo/goldens/images and gemelo/webpage/sample_pictures again: `python -m tests.goldens.of_bundles`.

The Pillow of requirements.lock writes the same bytes.
"""

import io
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image

from gemelo.goldens import IMAGES
from gemelo.synthetic import SPECIES, draw_photo
from gemelo.webpage.samples import DRAWINGS

# Seeds of drawings that show a face well, a cat and a dog in turn.
_SAMPLES = (("cats", 2026, 3), ("dogs", 11, 4), ("cats", 7, 4), ("dogs", 2026, 2), ("cats", 7, 1), ("dogs", 9, 1))
_SHAPES = ((88, 66), (66, 88), (64, 64), (100, 50), (50, 96), (72, 72))


def pictures() -> list[tuple[str, Image.Image]]:
    """Names without their endings, and what they show."""
    images = [*_drawings(), *((word, draw()) for word, draw in _PATTERNS.items())]
    return [(f"golden-{i:02d}-{word}", image) for i, (word, image) in enumerate(images)]


def samples() -> dict[str, Image.Image]:
    """The drawings that a page offers: {"cat-1.webp": image, ...}."""
    drawn: dict[str, Image.Image] = {}
    for i, (label, seed, number) in enumerate(_SAMPLES):
        rng = np.random.default_rng([seed, number, list(SPECIES).index(label)])
        drawn[f"{SPECIES[label]}-{i // 2 + 1}.webp"] = draw_photo(label, rng, shape=(224, 168))
    return drawn


def _png(image: Image.Image) -> bytes:
    return _saved(image, "PNG", compress_level=9)


def _saved(image: Image.Image, format: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def _camera_jpeg(image: Image.Image) -> bytes:
    """As cameras write it: EXIF first, no JFIF, turned, colors at half the resolution."""
    exif = Image.Exif()
    exif[0x0112] = 6
    data = _saved(image, "JPEG", quality=80, exif=exif)
    return data[:2] + data[4 + int.from_bytes(data[4:6], "big") :]


def _clear_webp(image: Image.Image) -> bytes:
    """Lossless, with an alpha that fades from corner to corner."""
    x, y = np.arange(image.width), np.arange(image.height)[:, None]
    alpha = 255 * (x + y) // (image.width + image.height - 2)
    rgba = image.convert("RGBA")
    rgba.putalpha(Image.fromarray(alpha.astype(np.uint8)))
    return _saved(rgba, "WEBP", lossless=True, quality=100, method=6, exact=True)


# What is not a PNG: the last four drawings.
_ENCODED: dict[str, tuple[str, Callable[[Image.Image], bytes]]] = {
    "golden-08-cat": (".jpg", _camera_jpeg),
    "golden-09-dog": (".jpg", lambda image: _saved(image, "JPEG", quality=80, progressive=True)),
    "golden-10-cat": (".webp", lambda image: _saved(image, "WEBP", quality=80, method=6)),
    "golden-11-dog": (".webp", _clear_webp),
}


def _drawings() -> Iterator[tuple[str, Image.Image]]:
    for i, shape in enumerate(_SHAPES):
        for k, label in enumerate(("cats", "dogs")):
            drawing = draw_photo(label, np.random.default_rng([2026, i, k]), shape=shape)
            # Few colors pack to a third: a web page loads all goldens before its first answer.
            few = drawing.quantize(16, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
            yield label[:-1], few.convert("RGB")


def _ramp(width: int, height: int) -> Image.Image:
    x = np.arange(width) * 255 // max(width - 1, 1)
    y = np.arange(height)[:, None] * 255 // max(height - 1, 1)
    red, green = np.broadcast_to(x, (height, width)), np.broadcast_to(y, (height, width))
    return Image.fromarray(np.stack([red, green, 255 - (red + green) // 2], axis=2).astype(np.uint8))


def _noise() -> Image.Image:
    return Image.fromarray(np.random.default_rng(7).integers(0, 256, (24, 24, 3), dtype=np.uint8))


def _checks(width: int, height: int, side: int) -> Image.Image:
    odd = (np.arange(width) // side + np.arange(height)[:, None] // side) % 2
    return Image.fromarray((odd * 255).astype(np.uint8))


def _alpha() -> Image.Image:
    image = _ramp(96, 64).convert("RGBA")
    image.putalpha(_ramp(96, 64).getchannel(0))
    return image


def _palette() -> Image.Image:
    image = _ramp(80, 60).quantize(12, method=Image.Quantize.FASTOCTREE)
    image.info["transparency"] = 3
    return image


def _plain(value: int) -> Image.Image:
    return Image.new("RGB", (64, 64), (value, value, value))


_PATTERNS: dict[str, Callable[[], Image.Image]] = {
    "gradient": lambda: _ramp(128, 96),
    "noise": _noise,
    "checks": lambda: _checks(96, 96, 3).convert("RGB"),
    "alpha": _alpha,
    "palette": _palette,
    "grey": lambda: _ramp(72, 72).convert("L"),
    "one-bit": lambda: _checks(50, 70, 5).convert("1"),
    "wide": lambda: _ramp(128, 5),
    "tall": lambda: _ramp(3, 128),
    "one-pixel": lambda: Image.new("RGB", (1, 1), (200, 100, 50)),
    "white": lambda: _plain(255),
    "black": lambda: _plain(0),
}


if __name__ == "__main__":
    for name, image in pictures():
        suffix, encode = _ENCODED.get(name, (".png", _png))
        (IMAGES / (name + suffix)).write_bytes(encode(image))
    for name, image in samples().items():
        # A visitor who looks before choosing has loaded all of them: together some 25 kB.
        (DRAWINGS / name).write_bytes(_saved(image, "WEBP", quality=65, method=6))
